// The reading half of a Consumer: whose turn it is, the next chunk of a file, and its hand-over.
#include <algorithm>

#include "agent/chunk_time.h"
#include "agent/consumer.h"
#include "agent/tail/cursor_check.h"

namespace sawlog::agent {

namespace {

constexpr int kChunksPerStep = 16;  // then answers are collected again

}  // namespace

bool Consumer::read_some() {
  if (reading_ == Reading::kNothing || !save_error_.empty()) return false;
  bool did_read = false;
  for (int chunks = 0; chunks < kChunksPerStep && output_->wants_more(); ++chunks) {
    size_t looked_at = 0;
    while (looked_at < order_.size()) {
      FileEntry& entry = files_.at(order_[turn_++ % order_.size()]);
      ++looked_at;
      if (has_unread(entry) && read_file(entry)) break;
      if (looked_at == order_.size()) return did_read;
    }
    if (order_.empty()) return did_read;
    did_read = true;
  }
  return did_read;
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

// Hands one chunk of the file to the handler; false if there is no whole line to read now.
bool Consumer::read_file(FileEntry& entry) {
  FileProgress& progress = *entry.progress;
  const uint64_t changes = progress.file().change_count();
  if (!entry.is_verified && !verify_cursor(entry)) {
    entry.exhausted_at = changes;
    return false;
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
    return false;
  }
  if (next.end && (!read || read->end.offset != *next.end)) {
    abandon_lost_piece(entry);
    return true;
  }
  if (read->end.offset == next.offset) {
    entry.exhausted_at = changes;
    return false;
  }
  read->chunk.first_read_unix_ns = time.unix_ns;
  give(entry, *read);
  return true;
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

void Consumer::abandon_lost_piece(FileEntry& entry) {
  const uint64_t begin = entry.progress->next().offset;
  report("error", "lines of '" + entry.progress->file().path() + "' at offset " +
                      std::to_string(begin) +
                      " cannot be sent again: the content is not there any more");
  entry.progress->abandon(begin);
  touched_.push_back(entry.progress->file().id());
}

}  // namespace sawlog::agent
