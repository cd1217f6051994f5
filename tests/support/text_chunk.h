// A chunk made of text, for tests of everything that gets one: split like a file that is complete,
// with the padding that real buffers have. Cannot be moved: its chunk points into it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/chunk.h"
#include "parsers/line_splitter.h"

namespace sawlog::test {

class TextChunk {
 public:
  explicit TextChunk(std::string_view text, uint32_t line_bytes_max = 1u << 20) : buffer_(text) {
    source.name = "app";
    buffer_.append(parsers::kPaddingBytes, '"');  // a nasty one, as the rest of a buffer may be
    chunk.source = &source;
    chunk.path = "/var/log/app.log";
    chunk.bytes = std::string_view(buffer_).substr(0, text.size());
    chunk.next_offset = text.size();
    chunk.first_read_unix_ns = 1'795'244'815'123'456'000;  // 2026-11-21T07:06:55.123456Z
    (void)parsers::split_lines(
        chunk.bytes,
        {.at_start_of_file = true, .end_is_final = true, .line_bytes_max = line_bytes_max}, lines_);
    chunk.lines = lines_;
  }
  TextChunk(const TextChunk&) = delete;
  TextChunk& operator=(const TextChunk&) = delete;

  parsers::SourceContext source;
  parsers::Chunk chunk;

 private:
  std::string buffer_;
  std::vector<parsers::Line> lines_;
};

}  // namespace sawlog::test
