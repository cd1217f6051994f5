// Decompresses one gzip, zstd or xz file from its beginning, also one that consists of several
// members or frames, and one that is still being written. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "agent/tail/tailed_file.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

class Decoder {
 public:
  // compression is not kNone.
  Decoder(std::shared_ptr<base::File> file, Compression compression);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // The next bytes; fewer than asked for only where state() is no longer kReading. An error is one
  // of reading the file.
  [[nodiscard]] base::Expected<size_t> read(std::span<char> into);

  enum class State : uint8_t {
    kReading,
    kWhole,       // the last member ended, and with it the file, as it is now
    kIncomplete,  // the file ends in the middle, as it is now
    kDamaged,     // from here on nothing can be decoded
  };
  [[nodiscard]] State state() const { return state_; }
  // Of the next byte that read() returns.
  [[nodiscard]] uint64_t position() const { return position_; }

 private:
  class Codec;
  base::Expected<bool> refill();
  bool begins_member();

  const std::shared_ptr<base::File> file_;
  const Compression compression_;
  std::unique_ptr<Codec> codec_;
  std::vector<uint8_t> input_;
  size_t input_begin_ = 0;
  size_t input_end_ = 0;
  uint64_t input_offset_ = 0;  // of input_[input_end_] in the file
  uint64_t position_ = 0;
  State state_ = State::kReading;
  bool is_between_members_ = true;
  bool has_pending_output_ = false;
  bool ignores_rest_ = false;  // what follows the last member is no member
};

}  // namespace sawlog::agent
