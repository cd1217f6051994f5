#include "parsers/line_edits.h"

#include <algorithm>

#include "parsers/json_walker.h"
#include "parsers/timestamp.h"

namespace sawlog::parsers {

namespace {

bool is_scalar(ValueKind kind) {
  return kind == ValueKind::kString || kind == ValueKind::kInteger || kind == ValueKind::kDouble ||
         kind == ValueKind::kBool;
}

// What must not stand under a name that is an object elsewhere. null and [] do no harm.
bool is_scalar_or_scalars(const KeyPlace& place) {
  if (place.kind == ValueKind::kArray)
    return place.first_element != '{' && place.first_element != '[' && place.first_element != ']';
  return is_scalar(place.kind);
}

// The text of a JSON value as a time.
bool is_time(std::string_view value) {
  TimestampParser parser;
  Timestamp time;
  if (value.size() > 2 && value[0] == '"')
    return parser.parse(value.substr(1, value.size() - 2), time);
  return parse_epoch(value).has_value();
}

// What the level's value is to be replaced by, in quotes.
std::string_view level_word(Level level) {
  switch (level) {
    case Level::kTrace:
      return "\"trace\"";
    case Level::kDebug:
      return "\"debug\"";
    case Level::kInfo:
      return "\"info\"";
    case Level::kWarn:
      return "\"warn\"";
    case Level::kError:
      return "\"error\"";
    case Level::kFatal:
      return "\"fatal\"";
    case Level::kUnknown:
      break;
  }
  return {};
}

}  // namespace

char* write_quoted_time(char* out, base::Rfc3339Writer& writer, int64_t unix_ns) {
  *out++ = '"';
  out = writer.write(out, unix_ns);
  const auto nanoseconds = static_cast<unsigned>(unix_ns % 1000);
  if (nanoseconds != 0) {
    out[-1] = static_cast<char>('0' + nanoseconds / 100);  // was Z
    *out++ = static_cast<char>('0' + nanoseconds / 10 % 10);
    *out++ = static_cast<char>('0' + nanoseconds % 10);
    *out++ = 'Z';
  }
  *out++ = '"';
  return out;
}

void append_quoted_time(std::string& out, int64_t unix_ns) {
  std::array<char, kQuotedTimeBytesMax> text;
  base::Rfc3339Writer writer;
  out.append(text.data(), write_quoted_time(text.data(), writer, unix_ns));
}

std::string_view shipped_level(const Record& record, std::string_view value, std::string& scratch) {
  const std::string_view word = level_word(record.level());
  if (!word.empty()) return value == word ? std::string_view() : word;
  if (value[0] == '"') return {};  // a word that we do not know is a word
  scratch.clear();
  scratch += '"';
  scratch += value;
  scratch += '"';
  return scratch;
}

bool wants_trace_key(const Record& record, const RecordLayout& layout, Slot id, Slot elastic,
                     std::string_view parent) {
  return record[id].kind == ValueKind::kString && record[elastic].kind == ValueKind::kAbsent &&
         !layout.has_key(parent);
}

void LineEdits::start(const Record& record, const RecordLayout& layout) {
  record_ = &record;
  layout_ = &layout;
  plan_ = layout.plan;
  edits_.clear();
  inserted_.clear();
  provided_.clear();
  names_.clear();
  duplicate_count_ = 0;
}

void LineEdits::leave_as_is(const Record& record, const RecordLayout& layout) {
  start(record, layout);
  if (!layout.has_key("@timestamp")) {
    inserted_ = "\"@timestamp\":";
    append_quoted_time(inserted_, record.time_unix_ns());
    inserted_ += ',';
  }
  fix_unpaired_surrogates();
  sort();
}

void LineEdits::make_canonical(const Record& record, const RecordLayout& layout,
                               bool elastic_trace_keys) {
  start(record, layout);
  insert_what_is_nested();
  for (const KeyPlace& place : layout.keys) edit_key(place);
  if (elastic_trace_keys) {
    insert_trace_key(plan_->trace_id, plan_->elastic_trace_id, "\"trace.id\":", "trace");
    insert_trace_key(plan_->span_id, plan_->elastic_span_id, "\"span.id\":", "span");
  }
  fix_unpaired_surrogates();
  sort();
}

bool LineEdits::provides(const KeyInfo* key) const {
  return key != nullptr && std::find(provided_.begin(), provided_.end(), key) != provided_.end();
}

// What no key at the top of the record can become: a time that is not there, or values below other
// names.
void LineEdits::insert_what_is_nested() {
  if (!record_->own_time_unix_ns() || winner(plan_->time).top_key == nullptr) {
    inserted_ += "\"@timestamp\":";
    append_quoted_time(inserted_, record_->time_unix_ns());
    inserted_ += ',';
  }
  const ValuePlace& level = winner(plan_->level);
  if (has_winner(plan_->level) && level.top_key == nullptr && is_level_usable()) {
    if (level.rank == kCanonicalRank) {
      edit_level_value(level.begin, level.end);  // {"log":{"level":…}}
    } else if (record_->level() != Level::kUnknown) {
      inserted_.append("\"log.level\":").append(level_word(record_->level())) += ',';
      provided_.push_back(plan_->keys.find("log.level"));
    }
  }
  const ValuePlace& message = winner(plan_->message);
  if (has_winner(plan_->message) && message.top_key == nullptr) {
    inserted_ += "\"message\":";
    inserted_ += record_->raw().substr(message.begin, message.end - message.begin);
    inserted_ += ',';
    provided_.push_back(plan_->keys.find("message"));
  }
}

void LineEdits::edit_key(const KeyPlace& place) {
  if (place.is_duplicate) {
    if (++duplicate_count_ <= kDuplicatesMax) move_to_labels(place);
    return;
  }
  switch (place.key->shipping->role) {
    case KeyRole::kTime:
      return edit_time_key(place);
    case KeyRole::kLevel:
      return edit_level_key(place);
    case KeyRole::kMessage:
      return edit_message_key(place);
    case KeyRole::kObjectName:
      return edit_object_name(place);
  }
}

void LineEdits::edit_time_key(const KeyPlace& place) {
  const bool is_canonical_key = place.key->shipping->is_canonical;
  if (record_->own_time_unix_ns() && is_winner(place, plan_->time)) {
    if (!is_canonical_key) rename(place);
    if (layout_->is_time_canonical) return;
    time_text_.clear();
    append_quoted_time(time_text_, record_->time_unix_ns());
    return replace(place.value_begin, place.value_end, time_text_);
  }
  const auto value = record_->raw().substr(place.value_begin, place.value_end - place.value_begin);
  if (is_canonical_key || is_time(value)) move_to_labels(place);
}

void LineEdits::edit_level_key(const KeyPlace& place) {
  const bool is_canonical_key = place.key->shipping->is_canonical;
  if (is_winner(place, plan_->level)) {
    if (!is_level_usable()) return;
    if (!is_canonical_key) rename(place);
    return edit_level_value(place.value_begin, place.value_end);
  }
  const bool is_replaced = has_winner(plan_->level) && is_level_usable();
  if (is_replaced && (is_canonical_key || is_scalar(place.kind))) move_to_labels(place);
}

void LineEdits::edit_level_value(uint32_t begin, uint32_t end) {
  const std::string_view text =
      shipped_level(*record_, record_->raw().substr(begin, end - begin), level_text_);
  if (!text.empty()) replace(begin, end, text);
}

bool LineEdits::is_level_usable() const {
  const Value& level = (*record_)[plan_->level];
  return level.kind == ValueKind::kString || level.is_number();
}

void LineEdits::edit_message_key(const KeyPlace& place) {
  const bool is_canonical_key = place.key->shipping->is_canonical;
  if (is_winner(place, plan_->message)) {
    if (!is_canonical_key) rename(place);
    return;
  }
  if (has_winner(plan_->message)) {
    const bool must_go = place.key->shipping->is_object_name && is_scalar_or_scalars(place);
    if (is_canonical_key || is_scalar(place.kind) || must_go) move_to_labels(place);
  } else if (place.key->shipping->is_object_name) {
    edit_object_name(place);
  }
}

void LineEdits::edit_object_name(const KeyPlace& place) {
  if (!is_scalar_or_scalars(place)) return;
  const KeyInfo* const target = place.key->shipping->target_key;
  if (layout_->has_key(target) || provides(target)) {
    move_to_labels(place);
  } else {
    rename(place);
  }
}

void LineEdits::insert_trace_key(Slot value, Slot elastic, std::string_view name,
                                 std::string_view parent) {
  const Value& id = (*record_)[value];
  if (!wants_trace_key(*record_, *layout_, value, elastic, parent)) return;
  inserted_ += name;
  base::append_json_string(inserted_, id.text);
  inserted_ += ',';
}

void LineEdits::rename(const KeyPlace& place) {
  replace(place.key_begin, place.key_end, place.key->shipping->target);
  provided_.push_back(place.key->shipping->target_key);
}

void LineEdits::move_to_labels(const KeyPlace& place) {
  if (!place.is_duplicate && names_.empty() && !layout_->has_key(place.key->shipping->moved_key)) {
    replace(place.key_begin, place.key_end, place.key->shipping->moved);
    provided_.push_back(place.key->shipping->moved_key);
    return;
  }
  const std::string_view name = free_name(place);
  replace(place.key_begin, place.key_end, name);
  provided_.push_back(plan_->keys.find(name.substr(1, name.size() - 2)));
}

// "labels.<key>", or with a number that makes it a key which the record does not have.
std::string_view LineEdits::free_name(const KeyPlace& place) {
  const std::string_view raw = record_->raw();
  std::string stem = "labels.";
  append_unescaped(raw.substr(place.key_begin + 1, place.key_end - place.key_begin - 2), stem);
  for (unsigned number = place.is_duplicate ? 2 : 1;; ++number) {
    std::string name = stem;
    if (number > 1) {
      name += '_';
      base::append_unsigned(name, number);
    }
    std::string quoted;
    base::append_json_string(quoted, name);
    const bool is_taken = layout_->has_key(name) ||
                          std::any_of(edits_.begin(), edits_.end(),
                                      [&](const Edit& edit) { return edit.text == quoted; });
    if (!is_taken) return names_.emplace_back(std::move(quoted));
  }
}

void LineEdits::replace(uint32_t begin, uint32_t end, std::string_view text) {
  edits_.push_back({begin, end, text});
}

// Where a larger edit takes such a place away, sort() drops this one.
void LineEdits::fix_unpaired_surrogates() {
  for (const uint32_t position : layout_->unpaired_surrogates)
    edits_.push_back({position, position + 6, "\\ufffd"});
}

void LineEdits::sort() {
  const auto is_before = [](const Edit& a, const Edit& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
  };
  if (!std::is_sorted(edits_.begin(), edits_.end(), is_before))
    std::sort(edits_.begin(), edits_.end(), is_before);
  uint32_t end = 0;
  std::erase_if(edits_, [&end](const Edit& edit) {
    if (edit.begin < end) return true;
    end = edit.end;
    return false;
  });
}

}  // namespace sawlog::parsers
