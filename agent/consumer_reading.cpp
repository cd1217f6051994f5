// The reading half of a Consumer: whose turn it is, the next chunk of a file, and its hand-over.
//
// Whose turn it is: each file's in turn, a chunk at a time; or, for an output that
// wants_time_order(), the file's whose next line is the oldest, up to kTimeSlackNs behind where
// another file goes on. What a file has next is known only when it was read, so that a file whose
// next line turns out to be newer is put back.
#include <algorithm>

#include "agent/chunk_time.h"
#include "agent/consumer.h"
#include "agent/tail/cursor_check.h"

namespace sawlog::agent {

namespace {

constexpr int kChunksPerStep = 16;  // then answers are collected again
// Far below what Loki accepts (an hour), and long enough that busy files give whole chunks.
constexpr int64_t kTimeSlackNs = 600 * base::kNsPerSecond;

int64_t with_slack(int64_t time_unix_ns) {
  return time_unix_ns > INT64_MAX - kTimeSlackNs ? INT64_MAX : time_unix_ns + kTimeSlackNs;
}

// How long a record that may go on is waited for, after its last line and in all.
constexpr int64_t kRecordWaitNs = base::kNsPerSecond;
constexpr int64_t kRecordWaitMaxNs = 5 * base::kNsPerSecond;

// When the content was changed last; the present where that is not known, or nobody asks.
int64_t content_time(const TailedFile& file, int64_t now_unix_ns) {
  if (!parsers::LineTranslator::is_needed(*file.source())) return now_unix_ns;
  const auto content = file.content();
  if (content == nullptr || content->file == nullptr) return now_unix_ns;
  const auto stat = content->file->stat();
  return stat ? stat->modified_unix_ns : now_unix_ns;
}

}  // namespace

bool Consumer::read_some() {
  if (clock_.monotonic_ns() >= next_record_due_ns_) look_for_next_due_record();
  if (reading_ == Reading::kNothing || !save_error_.empty()) return false;
  return output_->wants_time_order() ? read_by_time() : read_in_turn();
}

bool Consumer::read_in_turn() {
  int chunks = 0;
  for (size_t left = ready_.size(); left > 0 && chunks < kChunksPerStep && output_->wants_more();
       --left) {
    FileEntry* const entry = take_ready();
    if (entry == nullptr || !has_unread(*entry)) continue;
    const base::FileId id = entry->progress->file().id();
    if (read_file(*entry, INT64_MAX) == Attempt::kGiven) {
      ++chunks;
      left = ready_.size() + 1;
    }
    if (has_unread(*entry)) make_ready(id, *entry);
  }
  return chunks > 0;
}

// The first of ready_; null if it is gone.
Consumer::FileEntry* Consumer::take_ready() {
  const auto found = files_.find(ready_.front());
  ready_.pop_front();
  if (found == files_.end()) return nullptr;
  found->second.is_ready = false;
  return &found->second;
}

bool Consumer::read_by_time() {
  const auto is_later = [](const FileEntry* left, const FileEntry* right) {
    return left->next_time_unix_ns > right->next_time_unix_ns;
  };
  by_time_.clear();
  for (size_t left = ready_.size(); left > 0; --left) {
    FileEntry* const entry = take_ready();
    if (entry == nullptr || !has_unread(*entry)) continue;
    make_ready(entry->progress->file().id(), *entry);
    by_time_.push_back(entry);
  }
  std::ranges::make_heap(by_time_, is_later);
  int chunks = 0;
  while (!by_time_.empty() && chunks < kChunksPerStep && output_->wants_more()) {
    std::ranges::pop_heap(by_time_, is_later);
    FileEntry& oldest = *by_time_.back();
    by_time_.pop_back();
    const int64_t limit =
        by_time_.empty() ? INT64_MAX : with_slack(by_time_.front()->next_time_unix_ns);
    const Attempt attempt = read_file(oldest, limit);
    if (attempt == Attempt::kGiven) ++chunks;
    if (attempt == Attempt::kNothing || !has_unread(oldest)) continue;
    by_time_.push_back(&oldest);
    std::ranges::push_heap(by_time_, is_later);
  }
  return chunks > 0;
}

bool Consumer::has_unread(const FileEntry& entry) const {
  const FileProgress& progress = *entry.progress;
  const auto next = progress.next();
  if (next.end) return true;
  if (!entry.is_listed) return false;
  const TailedFile& file = progress.file();
  if (entry.limit && next.offset >= *entry.limit) return false;
  const bool is_record_due =
      entry.open_record && entry.open_record->due_ns <= clock_.monotonic_ns();
  if (entry.exhausted_at == file.change_count() && !is_record_due) return false;
  const auto content = file.content();
  if (content == nullptr) return false;
  return content->compression != Compression::kNone || next.offset < file.size_bytes();
}

bool Consumer::is_ahead_of_save(const FileEntry& entry) {
  const auto next = entry.progress->next();
  const uint64_t saved = entry.progress->file().acknowledged(options_.index);
  if (next.end || next.offset < saved + options_.unsaved_bytes_max) return false;
  waits_for_save_ = true;
  return true;
}

Consumer::Attempt Consumer::read_file(FileEntry& entry, int64_t limit_unix_ns) {
  if (is_ahead_of_save(entry)) return Attempt::kNothing;
  FileProgress& progress = *entry.progress;
  const uint64_t changes = progress.file().change_count();
  if (!entry.is_verified && !verify_cursor(entry)) {
    entry.exhausted_at = changes;
    return Attempt::kNothing;
  }
  const auto next = progress.next();
  const int64_t now = clock_.unix_ns();
  const ChunkTime time = chunk_time(checkpoint_->state(), progress.file().id(), next.offset, now,
                                    content_time(progress.file(), now));
  std::optional<uint64_t> end = next.end;
  for (const auto& border : {entry.limit, time.border}) {
    if (!next.end && border) end = std::min(end.value_or(*border), *border);
  }
  auto read = chunk_reader_.read(progress.file(), next.offset, end, record_end(entry));
  if (!read && (entry.is_listed || !next.end)) {
    if (read.error().code != base::ErrorCode::kUnavailable) report("error", read.error().message);
    entry.exhausted_at = changes;
    return Attempt::kNothing;
  }
  if (next.end && (!read || read->end.offset != *next.end)) {
    // A copy may end before what was read from the original.
    const bool is_partly_there = read && read->end.offset > next.offset;
    abandon(entry, is_partly_there ? read->end : Cursor{next.offset, 0, 0},
            is_partly_there ? parsers::count_lines(read->chunk.lines) : 0);
    if (!is_partly_there) return Attempt::kGiven;
  }
  if (read->end.offset == next.offset) {
    entry.exhausted_at = changes;
    if (read->has_open_record) wait_for_record(entry);
    return Attempt::kNothing;
  }
  entry.open_record.reset();
  read->chunk.first_read_unix_ns = time.unix_ns;
  read->chunk.file_unix_ns = time.file_unix_ns;
  read->chunk.may_have_been_sent = next.offset < entry.repeat_end;
  // A piece that is given again keeps its borders.
  if (output_->wants_time_order() && !next.end) limit_to(limit_unix_ns, entry, *read);
  if (read->chunk.lines.empty() && read->end.offset == next.offset) return Attempt::kLater;
  give(entry, *read);
  return Attempt::kGiven;
}

// Takes the lines that are newer than the limit off the chunk, and notes what the file has next.
void Consumer::limit_to(int64_t limit_unix_ns, FileEntry& entry, ChunkRead& read) {
  const parsers::Chunk& chunk = read.chunk;
  if (chunk.lines.empty()) return;  // only the rest of a line that was cut
  const size_t count = line_times_.count_until(chunk, limit_unix_ns);
  entry.next_time_unix_ns = line_times_.time_unix_ns(chunk, count == 0 ? 0 : count - 1);
  if (count < chunk.lines.size() && chunk.origins.empty()) ChunkReader::keep_lines(read, count);
}

RecordEnd Consumer::record_end(const FileEntry& entry) const {
  const bool is_due = entry.open_record && entry.open_record->due_ns <= clock_.monotonic_ns();
  return is_due || reading_ == Reading::kToLimits ? RecordEnd::kHere : RecordEnd::kByContent;
}

// A record is held back because it may go on: until more comes, or it has taken long enough.
void Consumer::wait_for_record(FileEntry& entry) {
  const int64_t now = clock_.monotonic_ns();
  if (!entry.open_record) entry.open_record = {now, now};
  OpenRecord& record = *entry.open_record;
  record.due_ns = std::min(now + kRecordWaitNs, record.since_ns + kRecordWaitMaxNs);
  next_record_due_ns_ = std::min(next_record_due_ns_, record.due_ns);
  held_back_.push_back(entry.progress->file().id());
}

bool Consumer::verify_cursor(FileEntry& entry) {
  FileProgress& progress = *entry.progress;
  switch (check_cursor(file_reader_, progress.file(), progress.cursor())) {
    case CursorCheck::kMatches:
      break;
    case CursorCheck::kDiffers:
      report("warn", "the content before the saved offset of '" + progress.file().path() +
                         "' has changed: the file is read again from its beginning");
      progress.restart();
      break;
    case CursorCheck::kTooShort:
    case CursorCheck::kUnreadable:
      return false;
  }
  entry.is_verified = true;
  return true;
}

// Those that are due have their turn; they are held back again if they still may go on.
void Consumer::look_for_next_due_record() {
  const int64_t now = clock_.monotonic_ns();
  next_record_due_ns_ = INT64_MAX;
  std::erase_if(held_back_, [&](const base::FileId& id) {
    const auto found = files_.find(id);
    if (found == files_.end() || !found->second.open_record) return true;
    const int64_t due_ns = found->second.open_record->due_ns;
    if (due_ns > now) {
      next_record_due_ns_ = std::min(next_record_due_ns_, due_ns);
      return false;
    }
    make_ready(id, found->second);
    return true;
  });
}

void Consumer::give(FileEntry& entry, ChunkRead& read) {
  FileProgress& progress = *entry.progress;
  parsers::Chunk& chunk = read.chunk;
  Piece piece{.begin = chunk.offset, .end = read.end, .cut_lines = read.cut_lines};
  piece.line_count = parsers::count_lines(chunk.lines);
  const bool uses_times = source_stage_.apply(chunk);
  const uint64_t passing_lines = parsers::count_lines(chunk.lines);
  piece.filtered_lines = piece.line_count - passing_lines;
  piece.joined_lines = passing_lines - chunk.lines.size();
  const outputs::LineRange range{chunk.file, piece.begin, piece.end.offset, chunk.lines.size()};
  progress.give(piece);
  read_bytes_by_source_[chunk.source->name] += range.end - range.begin;
  if (chunk.lines.empty()) {
    settled(range, {});
    return;
  }
  const outputs::Handled handled = output_->handle(chunk, outputs::Delivery(this, range));
  progress.set_not_json_lines(piece.begin, handled.not_json_lines);
  unreadable_times_ += handled.unreadable_times;
  if (handled.used_chunk_time || uses_times || read.has_open_record) {
    pending_notes_.push_back(
        {chunk.file, {range.begin, range.end, chunk.first_read_unix_ns, chunk.file_unix_ns}});
  }
}

void Consumer::abandon(FileEntry& entry, const Cursor& rest, uint64_t lines_before) {
  report("error", "lines of '" + entry.progress->file().path() + "' from offset " +
                      std::to_string(rest.offset) +
                      " on cannot be sent again: the content is not there any more");
  entry.progress->abandon(entry.progress->next().offset, rest, lines_before);
  touched_.push_back(entry.progress->file().id());
}

}  // namespace sawlog::agent
