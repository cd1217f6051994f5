// Whole lines of one file from one read: the unit of work between tail and every handler.
//
// Invariants:
//   * lines are in the order of the file, do not overlap, and lie inside [0, bytes.size());
//   * offset + bytes.size() == next_offset, except where a cut line's rest was skipped (then it is
//     larger): a cursor set to next_offset continues with the first line that is not in the chunk;
//   * kPaddingBytes readable bytes follow bytes.end() (simdjson reads beyond a document's end);
//   * where records were made of what was read (unwrapped, translated, masked), bytes is what was
//     made, and origins says where each record stands in raw, the bytes as read; else origins is
//     empty. Offsets and ids are always those of the bytes as read.
// A Chunk and every view into it end with the call that got it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/file_id.h"
#include "parsers/source_context.h"

namespace sawlog::parsers {

constexpr size_t kPaddingBytes = 64;

// Of what is made of a chunk, so much stays for the next one; the rest is given back.
constexpr size_t kBufferKeptBytes = 512u << 10;
inline void clear_buffer(std::string& buffer) {
  if (buffer.capacity() > kBufferKeptBytes) std::string().swap(buffer);
  buffer.clear();
}

// One line, or the lines that were joined to one record. Positions are relative to Chunk::bytes.
struct Line {
  uint32_t begin = 0;
  uint32_t size_bytes = 0;           // without the line end (LF or CR LF)
  uint64_t original_size_bytes = 0;  // larger than size_bytes when the line was cut
  uint32_t next = 0;        // first byte after the line end; where a cut line's end lies behind the
                            // chunk, bytes.size()
  uint32_t origin = 0;      // its index in Chunk::origins, if there are any
  uint32_t line_count = 1;  // how many lines it was made of
  [[nodiscard]] bool is_cut() const { return original_size_bytes > size_bytes; }
};

// Where a record that was made of lines stood, and what a container's runtime wrote around it.
struct LineOrigin {
  uint32_t begin = 0;  // in Chunk::raw, as size_bytes: from its first line to the end of its last
  uint32_t size_bytes = 0;
  std::string_view time = {};    // as the runtime wrote it; "" if there was no envelope
  std::string_view stream = {};  // stdout, stderr
};

// How many lines records were made of.
[[nodiscard]] inline uint64_t count_lines(std::span<const Line> records) {
  uint64_t count = 0;
  for (const Line& record : records) count += record.line_count;
  return count;
}

struct Chunk {
  const SourceContext* source = nullptr;
  base::FileId file;
  std::string_view path;     // the name under which the file was first found
  uint64_t offset = 0;       // of bytes[0], in the decompressed file
  uint64_t next_offset = 0;  // of the first byte that this chunk does not cover
  std::string_view bytes;
  std::span<const Line> lines;
  std::string_view raw;  // if there are origins
  std::span<const LineOrigin> origins;
  bool has_text = true;  // false: every line looks like a JSON object, and none like a container's
  int64_t first_read_unix_ns = 0;  // the time of lines that have none; the same after a crash
  int64_t file_unix_ns = 0;  // of the content, when it was first read: years are taken from it
  bool may_have_been_sent = false;  // before the agent's last end, with an outcome not known now
  // Of its only line, where that is not what was read first (sawlog replay): the hash of the bytes
  // that were, for the record id.
  std::optional<uint64_t> raw_hash;

  [[nodiscard]] std::string_view text(const Line& line) const {
    return bytes.substr(line.begin, line.size_bytes);
  }
  // The bytes as read, from its first line to the end of its last.
  [[nodiscard]] std::string_view raw_text(const Line& line) const {
    if (origins.empty()) return text(line);
    return raw.substr(origins[line.origin].begin, origins[line.origin].size_bytes);
  }
  [[nodiscard]] uint64_t offset_of(const Line& line) const {
    return offset + (origins.empty() ? line.begin : origins[line.origin].begin);
  }
};

}  // namespace sawlog::parsers
