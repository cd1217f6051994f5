#include "agent/chunk_reader.h"

#include <algorithm>

#include "agent/tail/cursor_check.h"
#include "lib/base/check.h"

namespace sawlog::agent {

namespace {

uint64_t count_cut(std::span<const parsers::Line> lines) {
  return static_cast<uint64_t>(
      std::ranges::count_if(lines, [](const parsers::Line& line) { return line.is_cut(); }));
}

}  // namespace

base::Expected<ChunkRead> ChunkReader::read(const TailedFile& file, uint64_t offset,
                                            std::optional<uint64_t> end, RecordEnd record_end) {
  const auto line_bytes_max = static_cast<uint32_t>(file.line_bytes_max());
  const size_t window_bytes_max =
      std::max(kChunkBytes, parsers::split_buffer_bytes_min(line_bytes_max));
  parsers::SplitOptions options{.at_start_of_file = offset == 0,
                                .line_bytes_max = line_bytes_max,
                                .lines_max = kChunkLinesMax};
  if (long_lines_.contains(file.id())) return read_long_line(file, offset, options);

  ChunkRead read;
  for (const bool is_last_try : {false, true}) {
    const size_t window_bytes = is_last_try ? window_bytes_max : kChunkBytes;
    const size_t want_bytes =
        end ? std::min<uint64_t>(window_bytes, *end - std::min(*end, offset)) : window_bytes;
    auto window = fill(file, offset, want_bytes);
    if (!window) return tl::unexpected(window.error());
    options.end_is_final = window->is_end;
    const std::string_view bytes(buffer_.data(), window->size_bytes);
    const parsers::SplitResult cut = parsers::split_lines(bytes, options, lines_);
    if (cut.needs_line_end) {
      long_lines_.try_emplace(file.id());
      return read_long_line(file, offset, options);
    }
    const bool is_all = window->size_bytes < window_bytes;
    const bool is_border = end && offset + cut.consumed_bytes == *end;
    const bool ends_here =
        window->is_end || is_border || (is_all && record_end == RecordEnd::kHere);
    read = make_records(file, offset, cut.consumed_bytes, ends_here);
    if (read.end.offset > offset) return read;
    if (is_last_try && !is_all) return make_records(file, offset, cut.consumed_bytes, true);
    if (window->size_bytes < want_bytes) break;
  }
  return read;
}

// The chunk of what lines_ say, its lines joined to records.
ChunkRead ChunkReader::make_records(const TailedFile& file, uint64_t offset, size_t size_bytes,
                                    bool ends_here) {
  ChunkRead read = make_chunk(file, offset, size_bytes);
  parsers::Chunk& chunk = read.chunk;
  if (!parsers::RecordJoiner::is_needed(*chunk.source)) return read;
  const std::string_view window = chunk.bytes;
  auto& joiner = joiners_.try_emplace(chunk.source, *chunk.source).first->second;
  const size_t joined_bytes =
      joiner.join(chunk, static_cast<uint32_t>(file.line_bytes_max()), ends_here);
  read.has_open_record = joiner.was_open();
  if (joined_bytes == window.size()) return read;
  read.end = make_cursor(window.substr(0, joined_bytes), chunk.next_offset);
  read.cut_lines = count_cut(chunk.lines);
  return read;
}

base::Expected<ChunkReader::Window> ChunkReader::fill(const TailedFile& file, uint64_t offset,
                                                      size_t want_bytes) {
  if (buffer_.size() < want_bytes + parsers::kPaddingBytes) {
    buffer_.resize(want_bytes + parsers::kPaddingBytes);
  }
  const bool is_final = file.end_is_final();  // asked first: then what is read is all there will be
  Window window;
  while (window.size_bytes < want_bytes) {
    auto count = file_reader_.read(
        file, offset + window.size_bytes,
        std::span(buffer_).subspan(window.size_bytes, want_bytes - window.size_bytes));
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) break;
    window.size_bytes += *count;
  }
  std::fill_n(buffer_.begin() + static_cast<ptrdiff_t>(window.size_bytes), parsers::kPaddingBytes,
              '\0');
  if (is_final) {
    char probe = 0;
    auto more = file_reader_.read(file, offset + window.size_bytes, std::span(&probe, 1));
    if (!more) return tl::unexpected(more.error());
    window.is_end = *more == 0;
  }
  return window;
}

base::Expected<ChunkRead> ChunkReader::read_long_line(const TailedFile& file, uint64_t offset,
                                                      const parsers::SplitOptions& options) {
  parsers::LongLine& line = long_lines_.at(file.id());
  for (bool is_found = false; !is_found;) {
    auto window = fill(file, offset + line.scanned_bytes(), kChunkBytes);
    if (!window) return tl::unexpected(window.error());
    is_found = line.scan({buffer_.data(), window->size_bytes}, window->is_end);
    if (!is_found && window->size_bytes < kChunkBytes) {  // its end is not written yet
      lines_.clear();
      return make_chunk(file, offset, 0);
    }
  }
  auto window = fill(file, offset, parsers::split_buffer_bytes_min(options.line_bytes_max));
  if (!window) return tl::unexpected(window.error());
  lines_.assign(1, line.cut({buffer_.data(), window->size_bytes}, options));
  ChunkRead read = make_chunk(file, offset, lines_[0].next);
  read.chunk.next_offset = offset + line.size_with_end_bytes();
  long_lines_.erase(file.id());
  auto cursor = make_cursor(file_reader_, file, read.chunk.next_offset);
  if (!cursor) return tl::unexpected(cursor.error());
  read.end = *cursor;
  return read;
}

ChunkRead ChunkReader::make_chunk(const TailedFile& file, uint64_t offset,
                                  size_t size_bytes) const {
  ChunkRead read;
  read.chunk.source = file.source();
  read.chunk.file = file.id();
  read.chunk.path = file.path();
  read.chunk.offset = offset;
  read.chunk.next_offset = offset + size_bytes;
  read.chunk.bytes = {buffer_.data(), size_bytes};
  read.chunk.lines = lines_;
  read.end = make_cursor(read.chunk.bytes, read.chunk.next_offset);
  read.cut_lines = count_cut(lines_);
  return read;
}

void ChunkReader::keep_lines(ChunkRead& read, size_t count) {
  parsers::Chunk& chunk = read.chunk;
  CHECK(count < chunk.lines.size());
  chunk.lines = chunk.lines.first(count);
  chunk.bytes = chunk.bytes.substr(0, count == 0 ? 0 : chunk.lines.back().next);
  chunk.next_offset = chunk.offset + chunk.bytes.size();
  read.end = make_cursor(chunk.bytes, chunk.next_offset);
  read.cut_lines = count_cut(chunk.lines);
  read.has_open_record = false;
}

}  // namespace sawlog::agent
