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

}  // namespace

bool Consumer::read_some() {
  if (reading_ == Reading::kNothing || !save_error_.empty()) return false;
  return output_->wants_time_order() ? read_by_time() : read_in_turn();
}

bool Consumer::read_in_turn() {
  bool did_read = false;
  for (int chunks = 0; chunks < kChunksPerStep && output_->wants_more(); ++chunks) {
    size_t looked_at = 0;
    while (looked_at < order_.size()) {
      FileEntry& entry = files_.at(order_[turn_++ % order_.size()]);
      ++looked_at;
      if (has_unread(entry) && read_file(entry, INT64_MAX) == Attempt::kGiven) break;
      if (looked_at == order_.size()) return did_read;
    }
    if (order_.empty()) return did_read;
    did_read = true;
  }
  return did_read;
}

bool Consumer::read_by_time() {
  const auto is_later = [](const FileEntry* left, const FileEntry* right) {
    return left->next_time_unix_ns > right->next_time_unix_ns;
  };
  by_time_.clear();
  for (const base::FileId& id : order_) {
    FileEntry& entry = files_.at(id);
    if (has_unread(entry)) by_time_.push_back(&entry);
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
  const TailedFile& file = progress.file();
  if (entry.limit && next.offset >= *entry.limit) return false;
  if (entry.exhausted_at == file.change_count()) return false;
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
  const ChunkTime time =
      chunk_time(checkpoint_->state(), progress.file().id(), next.offset, clock_.unix_ns());
  std::optional<uint64_t> end = next.end;
  for (const auto& border : {entry.limit, time.border}) {
    if (!next.end && border) end = std::min(end.value_or(*border), *border);
  }
  auto read = chunk_reader_.read(progress.file(), next.offset, end);
  if (!read && (entry.is_listed || !next.end)) {
    if (read.error().code != base::ErrorCode::kUnavailable) report("error", read.error().message);
    entry.exhausted_at = changes;
    return Attempt::kNothing;
  }
  if (next.end && (!read || read->end.offset != *next.end)) {
    // A copy may end before what was read from the original.
    const bool is_partly_there = read && read->end.offset > next.offset;
    abandon(entry, is_partly_there ? read->end : Cursor{next.offset, 0, 0},
            is_partly_there ? read->chunk.lines.size() : 0);
    if (!is_partly_there) return Attempt::kGiven;
  }
  if (read->end.offset == next.offset) {
    entry.exhausted_at = changes;
    return Attempt::kNothing;
  }
  read->chunk.first_read_unix_ns = time.unix_ns;
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
  if (count < chunk.lines.size()) ChunkReader::keep_lines(read, count);
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

void Consumer::give(FileEntry& entry, ChunkRead& read) {
  FileProgress& progress = *entry.progress;
  parsers::Chunk& chunk = read.chunk;
  Piece piece{chunk.offset, read.end, chunk.lines.size(), 0, read.cut_lines, 0};
  source_stage_.apply(chunk);
  piece.filtered_lines = piece.line_count - chunk.lines.size();
  const outputs::LineRange range{chunk.file, piece.begin, piece.end.offset, chunk.lines.size()};
  progress.give(piece);
  read_bytes_by_source_[chunk.source->name] += range.end - range.begin;
  if (chunk.lines.empty()) {
    settled(range, {});
    return;
  }
  const outputs::Handled handled = output_->handle(chunk, outputs::Delivery(this, range));
  progress.set_not_json_lines(piece.begin, handled.not_json_lines);
  if (handled.used_chunk_time) {
    pending_notes_.push_back({chunk.file, {range.begin, range.end, chunk.first_read_unix_ns}});
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
