#include "outputs/gzip.h"

#include <array>

#include <isa-l/igzip_lib.h>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

constexpr size_t kOutputBytes = 256u << 10;
constexpr size_t kInputBytesMax = 1u << 30;  // avail_in is 32 bits wide

}  // namespace

struct GzipCompressor::Context {
  isal_zstream stream{};
  std::array<uint8_t, ISAL_DEF_LVL1_DEFAULT> level_buffer;
  std::array<uint8_t, kOutputBytes> output;
};

GzipCompressor::GzipCompressor() : context_(new Context) {}
GzipCompressor::~GzipCompressor() = default;

size_t GzipCompressor::memory_bytes() const {
  return sizeof(Context);
}

void GzipCompressor::compress(std::string_view bytes, std::string& out) {
  isal_zstream& stream = context_->stream;
  isal_deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = context_->level_buffer.data();
  stream.level_buf_size = static_cast<uint32_t>(context_->level_buffer.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.flush = NO_FLUSH;
  do {
    const std::string_view part = bytes.substr(0, kInputBytesMax);
    bytes.remove_prefix(part.size());
    // igzip does not write to its input; its interface only lacks the const.
    stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uint32_t>(part.size());
    stream.end_of_stream = bytes.empty() ? 1 : 0;
    do {
      stream.next_out = context_->output.data();
      stream.avail_out = kOutputBytes;
      CHECK(isal_deflate(&stream) == COMP_OK);
      out.append(reinterpret_cast<const char*>(context_->output.data()),
                 kOutputBytes - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
  CHECK(stream.internal_state.state == ZSTATE_END);
}

}  // namespace sawlog::outputs
