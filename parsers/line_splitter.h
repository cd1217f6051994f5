// Bytes → whole lines. Pure: the consumer reads, this cuts.
//
//   SplitResult cut = split_lines(buffer, {.at_start_of_file = offset == 0, ...}, lines);
//   chunk.bytes = buffer.substr(0, cut.consumed_bytes);
//   chunk.next_offset = chunk.offset + cut.consumed_bytes;
//
// Rules
//   * LF ends a line; a CR before it belongs to the line end.
//   * Empty lines are no lines: nothing is put out for them, but consumed_bytes passes them. So a
//     read may consume bytes and yield no line: the cursor then moves without a delivery.
//   * A last line without LF is kept back (not consumed) unless end_is_final.
//   * A UTF-8 byte order mark at offset 0 of the file is left out of the first line.
//   * A line of more than line_bytes_max bytes is cut to the limit (up to 3 bytes less, so that no
//     UTF-8 character is cut) and marked by Line::original_size_bytes. When its LF lies in the
//     buffer, that is all. When not, and no other line is before it, needs_line_end is set and the
//     consumer seeks the end with a LongLine, kept with the file's cursor until the end is found:
//
//       if (cut.needs_line_end) file.long_line.emplace();          // the cursor stays where it is
//       ...
//       if (file.long_line) {                                      // in this and later steps
//         n = read(cursor + file.long_line->scanned_bytes(), buffer);
//         if (!file.long_line->scan(buffer.first(n), is_final_and_read_to_the_end)) return;
//         n = read(cursor, buffer);                                // the line's beginning, again
//         lines = {file.long_line->cut(buffer.first(n), options)};
//         chunk.bytes = buffer.substr(0, lines[0].next);
//         chunk.next_offset = cursor + file.long_line->size_with_end_bytes();
//         file.long_line.reset();
//       }
//
//     Nothing of it needs to survive a crash: the cursor has not moved, the search starts over.
//   * So that a line of the limit with its end always fits, a buffer has split_buffer_bytes_min().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parsers/chunk.h"

namespace sawlog::parsers {

struct SplitOptions {
  bool at_start_of_file = false;  // bytes[0] is at offset 0 of the file
  bool end_is_final = false;      // bytes reach the end of the file, and nobody will add to it
  uint32_t line_bytes_max = 1u << 20;
  size_t lines_max = 1u << 16;  // the rest is left for the next call
};

struct SplitResult {
  size_t consumed_bytes = 0;  // whole lines and empty ones, with their ends
  bool needs_line_end = false;
};

// Room for a line of the limit, its CR LF and a byte order mark.
[[nodiscard]] constexpr size_t split_buffer_bytes_min(uint32_t line_bytes_max) {
  return size_t{line_bytes_max} + 8;
}

// bytes: at most 4 GiB, from the beginning of a line. lines is cleared first; its positions are
// relative to bytes.
[[nodiscard]] SplitResult split_lines(std::string_view bytes, const SplitOptions& options,
                                      std::vector<Line>& lines);

// The search for the end of a line that is longer than a buffer.
class LongLine {
 public:
  // How far from the line's beginning there is no LF: where to read on.
  [[nodiscard]] uint64_t scanned_bytes() const { return scanned_bytes_; }
  // bytes: those at scanned_bytes(), may be empty. True when the end is found (an LF, or the end
  // of bytes when end_is_final); then not to be called again.
  [[nodiscard]] bool scan(std::string_view bytes, bool end_is_final);

  // After scan() gave true. size_with_end_bytes: from the line's beginning to the next line's.
  [[nodiscard]] uint64_t size_with_end_bytes() const { return scanned_bytes_; }
  // bytes: from the line's beginning, at least split_buffer_bytes_min().
  [[nodiscard]] Line cut(std::string_view bytes, const SplitOptions& options) const;

 private:
  uint64_t scanned_bytes_ = 0;
  uint32_t end_bytes_ = 0;  // of LF or CR LF
  bool ends_with_cr_ = false;
};

}  // namespace sawlog::parsers
