#include "outputs/frame_compressor.h"

#include <zstd.h>

#include "lib/base/check.h"
#include "outputs/gzip.h"

namespace sawlog::outputs {
namespace {

constexpr int kZstdLevel = 1;
constexpr size_t kOutStepBytes = 64u << 10;

// Room of at least kOutStepBytes behind what out holds, handed to `fill`, which returns how many
// bytes of it it used.
template <class Fill>
void append_step(std::string& out, Fill fill) {
  const size_t before = out.size();
  out.resize(before + kOutStepBytes);
  const size_t used = fill(out.data() + before, kOutStepBytes);
  CHECK(used <= kOutStepBytes);
  out.resize(before + used);
}

}  // namespace

class FrameCompressor::Implementation {
 public:
  explicit Implementation(FrameFormat format) : format_(format) {
    if (format_ == FrameFormat::kZstd) start_zstd();
    if (format_ == FrameFormat::kGzip) gzip_ = std::make_unique<GzipCompressor>();
  }

  void append(std::string_view bytes, std::string& out) {
    if (bytes.empty()) return;
    is_begun_ = true;
    if (format_ == FrameFormat::kNone) out.append(bytes);
    if (format_ == FrameFormat::kZstd) run_zstd(bytes, ZSTD_e_continue, out);
    if (format_ == FrameFormat::kGzip) gzip_input_.append(bytes);
  }

  void finish(std::string& out) {
    if (!is_begun_) return;
    is_begun_ = false;
    if (format_ == FrameFormat::kZstd) run_zstd({}, ZSTD_e_end, out);
    if (format_ == FrameFormat::kGzip) {
      gzip_->compress(gzip_input_, out);
      gzip_input_.clear();
    }
  }

  [[nodiscard]] size_t memory_bytes() const {
    size_t bytes = sizeof(*this);
    if (zstd_) bytes += ZSTD_sizeof_CCtx(zstd_.get());
    if (gzip_) bytes += gzip_->memory_bytes() + gzip_input_.capacity();
    return bytes;
  }

 private:
  struct FreeZstd {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  void start_zstd() {
    zstd_.reset(ZSTD_createCCtx());
    CHECK(zstd_ != nullptr);
    ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(zstd_.get(), ZSTD_c_checksumFlag, 1);
  }

  void run_zstd(std::string_view bytes, ZSTD_EndDirective directive, std::string& out) {
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    bool is_done = false;
    while (!is_done) {
      append_step(out, [&](char* room, size_t room_bytes) {
        ZSTD_outBuffer output{room, room_bytes, 0};
        const size_t left = ZSTD_compressStream2(zstd_.get(), &output, &input, directive);
        CHECK(!ZSTD_isError(left));
        is_done = directive == ZSTD_e_end ? left == 0 : input.pos == input.size;
        return output.pos;
      });
    }
  }

  FrameFormat format_;
  bool is_begun_ = false;
  std::unique_ptr<ZSTD_CCtx, FreeZstd> zstd_;
  std::unique_ptr<GzipCompressor> gzip_;
  std::string gzip_input_;
};

FrameCompressor::FrameCompressor(FrameFormat format)
    : implementation_(std::make_unique<Implementation>(format)) {}
FrameCompressor::~FrameCompressor() = default;

void FrameCompressor::append(std::string_view bytes, std::string& out) {
  implementation_->append(bytes, out);
}

void FrameCompressor::finish(std::string& out) {
  implementation_->finish(out);
}

size_t FrameCompressor::memory_bytes() const {
  return implementation_->memory_bytes();
}

}  // namespace sawlog::outputs
