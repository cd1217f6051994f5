// Whole lines of one file from one read: the unit of work between tail and every handler.
//
// Invariants:
//   * lines are in the order of the file, do not overlap, and lie inside [0, bytes.size());
//   * offset + bytes.size() == next_offset, except where a cut line's rest was skipped (then it is
//     larger): a cursor set to next_offset continues with the first line that is not in the chunk;
//   * kPaddingBytes readable bytes follow bytes.end() (simdjson reads beyond a document's end).
// A Chunk and every view into it end with the call that got it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/file_id.h"

namespace sawlog::parsers {

constexpr size_t kPaddingBytes = 64;

// Which part of a source's records is kept (parsers/record_filter.h).
struct SampleRules {
  double rate = 1;                      // 0 … 1; 1 keeps all
  std::string by;                       // a field; "": every record for itself
  std::string keep = "level >= error";  // an expression: these are kept in any case
};

// What the configuration says about the source of a chunk; lives as long as the agent's generation.
struct SourceContext {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  // the agent's labels, then the source's
  std::vector<std::pair<std::string, std::string>> fields;  // canonical field: its name here
  bool enrich = true;      // host.name, log.file.path and labels are added where a line lacks them
  std::string where = {};  // an expression: only these records, for every consumer; "": all
  SampleRules sample = {};
};

// One line, or the lines that were joined to one record. Positions are relative to Chunk::bytes.
struct Line {
  uint32_t begin = 0;
  uint32_t size_bytes = 0;           // without the line end (LF or CR LF)
  uint64_t original_size_bytes = 0;  // larger than size_bytes when the line was cut
  uint32_t next = 0;  // first byte after the line end; where a cut line's end lies behind the
                      // chunk, bytes.size()
  [[nodiscard]] bool is_cut() const { return original_size_bytes > size_bytes; }
};

struct Chunk {
  const SourceContext* source = nullptr;
  base::FileId file;
  std::string_view path;     // the name under which the file was first found
  uint64_t offset = 0;       // of bytes[0], in the decompressed file
  uint64_t next_offset = 0;  // of the first byte that this chunk does not cover
  std::string_view bytes;
  std::span<const Line> lines;
  int64_t first_read_unix_ns = 0;   // the time of lines that have none; the same after a crash
  bool may_have_been_sent = false;  // before the agent's last end, with an outcome not known now
  // Of its only line, where that is not what was read first (sawlog replay): the hash of the bytes
  // that were, for the record id.
  std::optional<uint64_t> raw_hash;

  [[nodiscard]] std::string_view text(const Line& line) const {
    return bytes.substr(line.begin, line.size_bytes);
  }
  [[nodiscard]] uint64_t offset_of(const Line& line) const { return offset + line.begin; }
  // Where the cursor may stand when this line and all before it are settled.
  [[nodiscard]] uint64_t end_offset_of(const Line& line) const {
    return line.next == bytes.size() ? next_offset : offset + line.next;
  }
};

}  // namespace sawlog::parsers
