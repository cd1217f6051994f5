#include "agent/tail/decoder.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include <lzma.h>
#include <zstd.h>

extern "C" {
#include <isa-l/igzip_lib.h>
}

#include "lib/base/check.h"

namespace sawlog::agent {

namespace {

constexpr size_t kInputBytes = 64u << 10;
constexpr uint64_t kXzMemoryMax = 100u << 20;  // xz -9 needs 65 MiB

struct Bytes {
  std::span<const uint8_t> in;
  std::span<uint8_t> out;
};

enum class Progress : uint8_t { kGoOn, kMemberEnded, kDamaged };

// Each step() takes from bytes.in, fills bytes.out and moves both forward.

class GzipCodec {
 public:
  void begin_member() {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
  }
  Progress step(Bytes& bytes) {
    state_.next_in = const_cast<uint8_t*>(bytes.in.data());
    state_.avail_in = static_cast<uint32_t>(bytes.in.size());
    state_.next_out = bytes.out.data();
    state_.avail_out = static_cast<uint32_t>(bytes.out.size());
    const int result = isal_inflate(&state_);
    bytes.in = bytes.in.last(state_.avail_in);
    bytes.out = bytes.out.last(state_.avail_out);
    if (result < 0 || result == ISAL_NEED_DICT) return Progress::kDamaged;
    return state_.block_state == ISAL_BLOCK_FINISH ? Progress::kMemberEnded : Progress::kGoOn;
  }

 private:
  inflate_state state_;
};

class ZstdCodec {
 public:
  ~ZstdCodec() { ZSTD_freeDStream(stream_); }
  ZstdCodec() = default;
  ZstdCodec(const ZstdCodec&) = delete;
  ZstdCodec& operator=(const ZstdCodec&) = delete;

  void begin_member() { ZSTD_initDStream(stream_); }
  Progress step(Bytes& bytes) {
    ZSTD_inBuffer in{bytes.in.data(), bytes.in.size(), 0};
    ZSTD_outBuffer out{bytes.out.data(), bytes.out.size(), 0};
    const size_t result = ZSTD_decompressStream(stream_, &out, &in);
    bytes.in = bytes.in.subspan(in.pos);
    bytes.out = bytes.out.subspan(out.pos);
    if (ZSTD_isError(result) != 0) return Progress::kDamaged;
    return result == 0 ? Progress::kMemberEnded : Progress::kGoOn;
  }

 private:
  ZSTD_DStream* stream_ = ZSTD_createDStream();
};

class XzCodec {
 public:
  ~XzCodec() { lzma_end(&stream_); }
  XzCodec() = default;
  XzCodec(const XzCodec&) = delete;
  XzCodec& operator=(const XzCodec&) = delete;

  void begin_member() { CHECK(lzma_stream_decoder(&stream_, kXzMemoryMax, 0) == LZMA_OK); }
  Progress step(Bytes& bytes) {
    stream_.next_in = bytes.in.data();
    stream_.avail_in = bytes.in.size();
    stream_.next_out = bytes.out.data();
    stream_.avail_out = bytes.out.size();
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    bytes.in = bytes.in.last(stream_.avail_in);
    bytes.out = bytes.out.last(stream_.avail_out);
    if (result == LZMA_STREAM_END) return Progress::kMemberEnded;
    return result == LZMA_OK || result == LZMA_BUF_ERROR ? Progress::kGoOn : Progress::kDamaged;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

bool agrees(std::span<const uint8_t> bytes, std::string_view magic) {
  const size_t size = std::min(bytes.size(), magic.size());
  return std::equal(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size), magic.begin(),
                    [](uint8_t byte, char c) { return byte == static_cast<uint8_t>(c); });
}

bool is_skippable_zstd_frame(std::span<const uint8_t> bytes) {
  return !bytes.empty() && (bytes[0] & 0xF0) == 0x50 && agrees(bytes.subspan(1), "\x2A\x4D\x18");
}

}  // namespace

class Decoder::Codec {
 public:
  explicit Codec(Compression compression) {
    if (compression == Compression::kZstd) codec_.emplace<ZstdCodec>();
    if (compression == Compression::kXz) codec_.emplace<XzCodec>();
  }
  void begin_member() {
    std::visit([](auto& codec) { codec.begin_member(); }, codec_);
  }
  Progress step(Bytes& bytes) {
    return std::visit([&](auto& codec) { return codec.step(bytes); }, codec_);
  }

 private:
  std::variant<GzipCodec, ZstdCodec, XzCodec> codec_;
};

Decoder::Decoder(std::shared_ptr<base::File> file, Compression compression)
    : file_(std::move(file)),
      compression_(compression),
      codec_(std::make_unique<Codec>(compression)),
      input_(kInputBytes) {
  CHECK(compression != Compression::kNone);
}

Decoder::~Decoder() = default;

base::Expected<size_t> Decoder::read(std::span<char> into) {
  Bytes bytes{{}, {reinterpret_cast<uint8_t*>(into.data()), into.size()}};
  if (state_ != State::kDamaged) state_ = State::kReading;
  while (!bytes.out.empty() && state_ == State::kReading) {
    const auto has_input = refill();
    if (!has_input) return tl::unexpected(has_input.error());
    if (!*has_input && !has_pending_output_) {
      state_ = is_between_members_ ? State::kWhole : State::kIncomplete;
      break;
    }
    if (is_between_members_) {
      if (!begins_member()) continue;
      codec_->begin_member();
      is_between_members_ = false;
    }
    bytes.in = {input_.data() + input_begin_, input_end_ - input_begin_};
    const size_t room = bytes.out.size();
    const Progress progress = codec_->step(bytes);
    const bool has_moved = bytes.out.size() < room || bytes.in.size() < input_end_ - input_begin_;
    input_begin_ = input_end_ - bytes.in.size();
    has_pending_output_ = bytes.out.empty() && progress == Progress::kGoOn;
    is_between_members_ = progress == Progress::kMemberEnded;
    if (progress == Progress::kDamaged || (!has_moved && *has_input && !is_between_members_)) {
      state_ = State::kDamaged;
    }
  }
  const size_t count = into.size() - bytes.out.size();
  position_ += count;
  return count;
}

// True if there is input.
base::Expected<bool> Decoder::refill() {
  if (ignores_rest_) return false;
  if (input_begin_ < input_end_) return true;
  auto count =
      file_->read_at(input_offset_, {reinterpret_cast<char*>(input_.data()), input_.size()});
  if (!count) return tl::unexpected(count.error());
  input_begin_ = 0;
  input_end_ = *count;
  input_offset_ += *count;
  return *count > 0;
}

// Between members: whether another one begins here. xz allows padding with zeros; anything else
// that is no member is ignored, as gzip(1) does.
bool Decoder::begins_member() {
  if (compression_ == Compression::kXz) {
    while (input_begin_ < input_end_ && input_[input_begin_] == 0) ++input_begin_;
    if (input_begin_ == input_end_) return false;
  }
  const std::span<const uint8_t> rest(input_.data() + input_begin_, input_end_ - input_begin_);
  const bool is_member = compression_ == Compression::kGzip ? agrees(rest, "\x1F\x8B")
                         : compression_ == Compression::kXz
                             ? agrees(rest, std::string_view("\xFD"
                                                             "7zXZ\0",
                                                             6))
                             : agrees(rest, "\x28\xB5\x2F\xFD") || is_skippable_zstd_frame(rest);
  if (!is_member) {
    ignores_rest_ = true;
    input_begin_ = input_end_;
  }
  return is_member;
}

}  // namespace sawlog::agent
