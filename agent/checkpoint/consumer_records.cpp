#include "agent/checkpoint/consumer_records.h"

#include <utility>

#include "agent/checkpoint/bytes.h"
#include "agent/checkpoint/cursor_codec.h"

namespace sawlog::agent {

namespace {

void put(ByteWriter& writer, const TimeNote& note) {
  writer.number(note.begin);
  writer.number(note.end);
  writer.number(note.unix_ns);
  writer.number(note.file_unix_ns);
}

TimeNote get_note(ByteReader& reader) {
  TimeNote note;
  note.begin = reader.number<uint64_t>();
  note.end = reader.number<uint64_t>();
  note.unix_ns = reader.number<int64_t>();
  note.file_unix_ns = reader.number<int64_t>();
  return note;
}

// Counted, so that a later version can add fields at the end.
template <class Visit, class LedgerType>
void for_each_field(LedgerType& ledger, Visit visit) {
  visit(ledger.read_lines);
  visit(ledger.read_bytes);
  visit(ledger.delivered_lines);
  visit(ledger.delivered_bytes);
  visit(ledger.filtered_lines);
  visit(ledger.abandoned_lines);
  visit(ledger.abandoned_bytes);
  visit(ledger.dead_lettered_lines);
  visit(ledger.cut_lines);
  visit(ledger.not_json_lines);
}

void put(ByteWriter& writer, const Ledger& ledger) {
  uint64_t count = 0;
  for_each_field(ledger, [&](uint64_t) { ++count; });
  writer.number(count);
  for_each_field(ledger, [&](uint64_t value) { writer.number(value); });
}

Ledger get_ledger(ByteReader& reader) {
  Ledger ledger;
  auto count = reader.number<uint64_t>();
  for_each_field(ledger, [&](uint64_t& value) {
    if (count == 0) return;
    value = reader.number<uint64_t>();
    --count;
  });
  for (; count > 0 && reader.is_ok(); --count) static_cast<void>(reader.number<uint64_t>());
  return ledger;
}

void set_cursor(ConsumerState& state, const base::FileId& file, const Cursor& cursor) {
  state.cursors[file] = cursor;
  const auto reached = state.reached.find(file);
  if (reached != state.reached.end() && reached->second <= cursor.offset)
    state.reached.erase(reached);
  const auto notes = state.time_notes.find(file);
  if (notes == state.time_notes.end()) return;
  std::erase_if(notes->second, [&](const TimeNote& note) { return note.end <= cursor.offset; });
  if (notes->second.empty()) state.time_notes.erase(notes);
}

void put(ByteWriter& writer, const ConsumerSave& save) {
  put(writer, save.ledger);
  writer.number<uint64_t>(save.cursors.size());
  for (const auto& [file, cursor] : save.cursors) {
    writer.file_id(file);
    put_cursor(writer, cursor);
  }
  writer.number<uint64_t>(save.forgotten.size());
  for (const base::FileId& file : save.forgotten) writer.file_id(file);
  writer.number<uint8_t>(save.handler_state_is_full ? 1 : 0);
  writer.text(save.handler_state);
}

ConsumerSave get_save(ByteReader& reader) {
  ConsumerSave save;
  save.ledger = get_ledger(reader);
  for (auto count = reader.number<uint64_t>(); count > 0 && reader.is_ok(); --count) {
    const base::FileId file = reader.file_id();
    save.cursors.emplace_back(file, get_cursor(reader));
  }
  for (auto count = reader.number<uint64_t>(); count > 0 && reader.is_ok(); --count) {
    save.forgotten.push_back(reader.file_id());
  }
  save.handler_state_is_full = reader.number<uint8_t>() != 0;
  save.handler_state = reader.text();
  return save;
}

void apply_save(ConsumerSave save, ConsumerState& state) {
  state.ledger = save.ledger;
  for (const auto& [file, cursor] : save.cursors) set_cursor(state, file, cursor);
  for (const base::FileId& file : save.forgotten) {
    state.cursors.erase(file);
    state.time_notes.erase(file);
    state.reached.erase(file);
  }
  if (save.handler_state_is_full) state.handler_states.clear();
  if (save.handler_state_is_full || !save.handler_state.empty()) {
    state.handler_states.push_back(std::move(save.handler_state));
  }
}

void apply_conclusion(bool holds, ConsumerState& state) {
  if (!state.prepared) return;
  ConsumerSave prepared = std::move(*state.prepared);
  state.prepared.reset();
  if (holds) apply_save(std::move(prepared), state);
}

void apply_full_state(ByteReader& reader, ConsumerState& state) {
  state = {};
  state.ledger = get_ledger(reader);
  for (auto count = reader.number<uint64_t>(); count > 0 && reader.is_ok(); --count) {
    const base::FileId file = reader.file_id();
    state.cursors[file] = get_cursor(reader);
  }
  for (auto count = reader.number<uint64_t>(); count > 0 && reader.is_ok(); --count) {
    const base::FileId file = reader.file_id();
    state.time_notes[file].push_back(get_note(reader));
  }
  for (auto count = reader.number<uint64_t>(); count > 0 && reader.is_ok(); --count) {
    state.handler_states.push_back(reader.text());
  }
  // Absent in states of before there were prepared saves.
  if (!reader.at_end() && reader.number<uint8_t>() != 0) state.prepared = get_save(reader);
  if (reader.at_end()) return;
  for (auto count = reader.number<uint64_t>(); count > 0 && reader.is_ok(); --count) {
    const base::FileId file = reader.file_id();
    state.reached[file] = reader.number<uint64_t>();
  }
}

void apply_time_note(ByteReader& reader, ConsumerState& state) {
  std::vector<TimeNote>& notes = state.time_notes[reader.file_id()];
  const TimeNote note = get_note(reader);
  const auto place = std::ranges::lower_bound(notes, note.begin, {}, &TimeNote::begin);
  if (place != notes.end() && place->begin == note.begin) {
    *place = note;
  } else {
    notes.insert(place, note);
  }
}

}  // namespace

std::string encode_full_state(const ConsumerState& state) {
  ByteWriter writer;
  put(writer, state.ledger);
  writer.number<uint64_t>(state.cursors.size());
  for (const auto& [file, cursor] : state.cursors) {
    writer.file_id(file);
    put_cursor(writer, cursor);
  }
  uint64_t note_count = 0;
  for (const auto& [file, notes] : state.time_notes) note_count += notes.size();
  writer.number(note_count);
  for (const auto& [file, notes] : state.time_notes) {
    for (const TimeNote& note : notes) {
      writer.file_id(file);
      put(writer, note);
    }
  }
  writer.number<uint64_t>(state.handler_states.size());
  for (const std::string& handler_state : state.handler_states) writer.text(handler_state);
  writer.number<uint8_t>(state.prepared ? 1 : 0);
  if (state.prepared) put(writer, *state.prepared);
  if (state.reached.empty()) return writer.take();
  writer.number<uint64_t>(state.reached.size());
  for (const auto& [file, offset] : state.reached) {
    writer.file_id(file);
    writer.number(offset);
  }
  return writer.take();
}

std::string encode_save(const ConsumerSave& save) {
  ByteWriter writer;
  put(writer, save);
  return writer.take();
}

std::string encode_conclusion(bool holds) {
  ByteWriter writer;
  writer.number<uint8_t>(holds ? 1 : 0);
  return writer.take();
}

std::string encode_time_note(const base::FileId& file, const TimeNote& note) {
  ByteWriter writer;
  writer.file_id(file);
  put(writer, note);
  return writer.take();
}

base::Expected<void> apply_consumer_record(const JournalRecord& record, ConsumerState& state) {
  ByteReader reader(record.payload);
  switch (record.type) {
    case kFullStateRecord:
      apply_full_state(reader, state);
      break;
    case kSaveRecord:
      apply_save(get_save(reader), state);
      break;
    case kPreparedRecord:
      state.prepared = get_save(reader);
      break;
    case kConclusionRecord:
      apply_conclusion(reader.number<uint8_t>() != 0, state);
      break;
    case kTimeNoteRecord:
      apply_time_note(reader, state);
      break;
    default:
      return base::unexpected(base::ErrorCode::kCorrupt,
                              "unknown record type " + std::to_string(record.type));
  }
  if (!reader.is_ok() || !reader.at_end()) {
    return base::unexpected(base::ErrorCode::kCorrupt,
                            "a record of type " + std::to_string(record.type) +
                                " does not have the shape that it should have");
  }
  return {};
}

}  // namespace sawlog::agent
