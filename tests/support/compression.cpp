#include "tests/support/compression.h"

#include <cstdint>
#include <vector>

#include <lzma.h>
#include <zstd.h>

extern "C" {
#include <isa-l/igzip_lib.h>
}

#include "lib/base/check.h"

namespace sawlog::tests {

namespace {

uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

std::string gzip(std::string_view text) {
  std::string input(text);
  std::string output(text.size() + text.size() / 8 + 1024, '\0');
  std::vector<uint8_t> level_buffer(ISAL_DEF_LVL1_DEFAULT);
  isal_zstream stream;
  isal_deflate_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.level = 1;
  stream.level_buf = level_buffer.data();
  stream.level_buf_size = static_cast<uint32_t>(level_buffer.size());
  stream.end_of_stream = 1;
  stream.flush = NO_FLUSH;
  stream.next_in = bytes_of(input);
  stream.avail_in = static_cast<uint32_t>(input.size());
  stream.next_out = bytes_of(output);
  stream.avail_out = static_cast<uint32_t>(output.size());
  CHECK(isal_deflate(&stream) == COMP_OK && stream.internal_state.state == ZSTATE_END);
  output.resize(stream.total_out);
  return output;
}

std::string zstd(std::string_view text) {
  std::string output(ZSTD_compressBound(text.size()), '\0');
  const size_t size = ZSTD_compress(output.data(), output.size(), text.data(), text.size(), 1);
  CHECK(ZSTD_isError(size) == 0);
  output.resize(size);
  return output;
}

std::string xz(std::string_view text) {
  const std::string input(text);
  std::string output(lzma_stream_buffer_bound(text.size()), '\0');
  size_t size = 0;
  CHECK(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, bytes_of(input), input.size(),
                                bytes_of(output), &size, output.size()) == LZMA_OK);
  output.resize(size);
  return output;
}

}  // namespace sawlog::tests
