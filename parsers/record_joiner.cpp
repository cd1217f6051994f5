#include "parsers/record_joiner.h"

#include <algorithm>

#include <re2/re2.h>

#include "lib/base/check.h"

namespace sawlog::parsers {

namespace {

// Where the line that begins at index begins, with what was skipped before it.
uint32_t begin_of(const Chunk& chunk, uint32_t index) {
  return index == 0 ? 0 : chunk.lines[index - 1].next;
}

}  // namespace

RecordJoiner::RecordJoiner(const SourceContext& source)
    : multiline_(source.multiline), unwraps_(unwraps(source)) {
  if (multiline_ != Multiline::kStart) return;
  re2::RE2::Options options;
  options.set_log_errors(false);
  start_ = std::make_unique<const re2::RE2>(source.multiline_start, options);
  CHECK(start_->ok());  // the configuration was checked
}

RecordJoiner::~RecordJoiner() = default;

size_t RecordJoiner::join(Chunk& chunk, uint32_t line_bytes_max, bool ends_here) {
  look(chunk);
  was_open_ = false;
  if (!chunk.has_text) return chunk.bytes.size();
  const bool has_containers = unwraps_ && std::ranges::any_of(chunk.lines, [&](const Line& line) {
                                return may_be_container_line(chunk.text(line));
                              });
  const size_t joined_bytes = has_containers ? join_streams(chunk, line_bytes_max, ends_here)
                                             : join_neighbours(chunk, line_bytes_max, ends_here);
  chunk.next_offset = chunk.offset + joined_bytes;
  return joined_bytes;
}

void RecordJoiner::look(Chunk& chunk) const {
  chunk.has_text = !std::ranges::all_of(chunk.lines, [&](const Line& line) {
    const std::string_view text = chunk.text(line);
    return is_json_line(text) && !(unwraps_ && may_be_container_line(text));
  });
}

void RecordJoiner::begin(TraceReader& trace, std::string_view text) {
  if (multiline_ == Multiline::kAuto) trace.start(text);
}

bool RecordJoiner::continues(TraceReader& trace, std::string_view text) {
  switch (multiline_) {
    case Multiline::kNone:
      return false;
    case Multiline::kAuto:
      return trace.continues(text);
    case Multiline::kStart:
      return !re2::RE2::PartialMatch({text.data(), text.size()}, *start_);
  }
  return false;
}

// --- lines that stand one behind the other -----------------------------------------------------

size_t RecordJoiner::join_neighbours(Chunk& chunk, uint32_t line_bytes_max, bool ends_here) {
  if (multiline_ == Multiline::kNone) return chunk.bytes.size();
  lines_.clear();
  bool is_complete = true;
  for (const Line& line : chunk.lines) {
    const std::string_view text = chunk.text(line);
    if (!is_complete && lines_.back().line_count < kRecordLinesMax && !line.is_cut() &&
        line.begin + line.size_bytes - lines_.back().begin <= line_bytes_max &&
        continues(trace_, text)) {
      Line& record = lines_.back();
      record.size_bytes = line.begin + line.size_bytes - record.begin;
      record.original_size_bytes = record.size_bytes;
      record.next = line.next;
      ++record.line_count;
      continue;
    }
    lines_.push_back(line);
    is_complete = line.is_cut() || (multiline_ == Multiline::kAuto && is_json_line(text));
    begin(trace_, text);
  }
  size_t joined_bytes = chunk.bytes.size();
  was_open_ = !is_complete;
  if (!is_complete && !ends_here) {
    lines_.pop_back();
    joined_bytes = lines_.empty() ? 0 : lines_.back().next;
  }
  chunk.bytes = chunk.bytes.substr(0, joined_bytes);
  chunk.lines = lines_;
  return joined_bytes;
}

// --- the lines of containers, whose streams are mixed ------------------------------------------

size_t RecordJoiner::join_streams(Chunk& chunk, uint32_t line_bytes_max, bool ends_here) {
  clear_buffer(unescaped_);
  unescaped_.reserve(chunk.bytes.size());  // so that views of it stay good
  contents_.assign(1, Content{});
  records_.clear();
  for (OpenRecord& open : open_) open.is_open = false;
  const auto line_count = static_cast<uint32_t>(chunk.lines.size());
  for (uint32_t index = 0; index < line_count; ++index) add_line(chunk, index, line_bytes_max);
  for (const OpenRecord& open : open_) {
    if (!open.is_open || open.is_part_open) continue;
    Record& record = records_[open.record];
    record.is_complete =
        record.is_complete || multiline_ == Multiline::kNone ||
        (multiline_ == Multiline::kAuto && is_json_line(contents_[record.first_content].text));
  }
  const uint32_t held_line = first_held_line(chunk);
  was_open_ = held_line != line_count;
  const uint32_t whole_lines = ends_here ? line_count : held_line;
  const size_t joined_bytes =
      whole_lines == line_count ? chunk.bytes.size() : begin_of(chunk, whole_lines);
  write_records(chunk, whole_lines);
  chunk.raw = chunk.raw.substr(0, joined_bytes);
  return joined_bytes;
}

void RecordJoiner::add_line(const Chunk& chunk, uint32_t index, uint32_t line_bytes_max) {
  const Line& line = chunk.lines[index];
  ContainerLine parts;
  parts.content = chunk.text(line);
  if (!line.is_cut() && may_be_container_line(parts.content)) {
    ContainerLine read;
    if (read_container_line(parts.content, unescaped_, read)) parts = read;
  }
  OpenRecord& open = open_[parts.stream.empty() ? 2 : parts.stream == "stderr" ? 1 : 0];
  const bool goes_on_line = open.is_open && open.is_part_open;
  const auto content = static_cast<uint32_t>(contents_.size());
  contents_.push_back({parts.content, index, 0, !goes_on_line});
  if (takes(open, chunk, index, parts.content, line_bytes_max)) {
    Record& record = records_[open.record];
    contents_[record.last_content].next_part = content;
    record.last_content = content;
    record.last_line = index;
    ++record.line_count;
  } else {
    if (open.is_open) records_[open.record].is_complete = true;
    contents_.back().begins_line = true;
    open.is_open = true;
    open.record = records_.size();
    records_.push_back(
        {index, index, 1, content, content, line.is_cut(), parts.time, parts.stream});
    begin(open.trace, parts.content);
  }
  open.is_part_open = parts.is_part;
}

bool RecordJoiner::takes(OpenRecord& open, const Chunk& chunk, uint32_t index,
                         std::string_view text, uint32_t line_bytes_max) {
  if (!open.is_open) return false;
  const Record& record = records_[open.record];
  const Line& line = chunk.lines[index];
  const uint32_t begin = chunk.lines[record.first_line].begin;
  const bool has_room =
      record.line_count < kRecordLinesMax && line.begin + line.size_bytes - begin <= line_bytes_max;
  if (!has_room || line.is_cut() || record.is_complete) return false;
  return open.is_part_open || continues(open.trace, text);
}

// Of the records that are open, and of those that overlap one.
uint32_t RecordJoiner::first_held_line(const Chunk& chunk) const {
  auto first = static_cast<uint32_t>(chunk.lines.size());
  for (const OpenRecord& open : open_) {
    if (open.is_open && !records_[open.record].is_complete)
      first = std::min(first, records_[open.record].first_line);
  }
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (record->last_line >= first) first = std::min(first, record->first_line);
  }
  return first;
}

void RecordJoiner::write_records(Chunk& chunk, uint32_t line_count) {
  clear_buffer(bytes_);
  lines_.clear();
  origins_.clear();
  for (const Record& record : records_) {
    if (record.first_line >= line_count) continue;
    const Line& first = chunk.lines[record.first_line];
    const Line& last = chunk.lines[record.last_line];
    Line line;
    line.begin = static_cast<uint32_t>(bytes_.size());
    for (uint32_t i = record.first_content; i != 0; i = contents_[i].next_part) {
      if (i != record.first_content && contents_[i].begins_line) bytes_ += '\n';
      bytes_ += contents_[i].text;
    }
    while (bytes_.size() > line.begin && bytes_.back() == '\n') bytes_.pop_back();
    line.size_bytes = static_cast<uint32_t>(bytes_.size()) - line.begin;
    line.original_size_bytes = first.is_cut() ? first.original_size_bytes : line.size_bytes;
    bytes_ += '\n';
    line.next = static_cast<uint32_t>(bytes_.size());
    line.origin = static_cast<uint32_t>(origins_.size());
    line.line_count = record.line_count;
    lines_.push_back(line);
    origins_.push_back(
        {first.begin, last.begin + last.size_bytes - first.begin, record.time, record.stream});
  }
  chunk.raw = chunk.bytes;
  const size_t size_bytes = bytes_.size();
  bytes_.append(kPaddingBytes, '\0');
  chunk.bytes = std::string_view(bytes_).substr(0, size_bytes);
  chunk.lines = lines_;
  chunk.origins = origins_;
}

}  // namespace sawlog::parsers
