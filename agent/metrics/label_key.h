// The label values of a series as one string of bytes: what it is found by. For each label two
// bytes of size (little-endian), then the value.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/check.h"

namespace sawlog::agent {

constexpr size_t kLabelCountMax = 16;  // config/metric_keys.cpp refuses more
constexpr size_t kLabelValueBytesMax = 256;
constexpr std::string_view kOverflowValue = "__overflow__";

// At most max bytes of the text, whole UTF-8 characters only.
[[nodiscard]] std::string_view cut_to(std::string_view text, size_t max);

// Builds keys without allocating.
class LabelKey {
 public:
  void clear() { size_ = 0; }
  // The value is cut to kLabelValueBytesMax.
  void append(std::string_view value) {
    if (value.size() > kLabelValueBytesMax) value = cut_to(value, kLabelValueBytesMax);
    CHECK(size_ + 2 + value.size() <= bytes_.size());
    char* const to = bytes_.data() + size_;
    to[0] = static_cast<char>(value.size() & 0xff);
    to[1] = static_cast<char>(value.size() >> 8);
    copy_short(to + 2, value);
    size_ += 2 + value.size();
  }
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  // Without a call for what labels usually are: pieces that overlap.
  static void copy_short(char* to, std::string_view text) {
    const char* const from = text.data();
    const size_t size = text.size();
    if (size > 32) {
      std::memcpy(to, from, size);
    } else if (size >= 16) {
      copy_ends<16>(to, from, size);
    } else if (size >= 8) {
      copy_ends<8>(to, from, size);
    } else if (size >= 4) {
      copy_ends<4>(to, from, size);
    } else {
      for (size_t i = 0; i < size; ++i) to[i] = from[i];
    }
  }
  template <size_t kBytes>
  static void copy_ends(char* to, const char* from, size_t size) {
    std::array<char, kBytes> head;
    std::array<char, kBytes> tail;
    std::memcpy(head.data(), from, kBytes);
    std::memcpy(tail.data(), from + size - kBytes, kBytes);
    std::memcpy(to, head.data(), kBytes);
    std::memcpy(to + size - kBytes, tail.data(), kBytes);
  }

  std::array<char, kLabelCountMax * (2 + kLabelValueBytesMax)> bytes_;
  size_t size_ = 0;
};

// The values in a key; false if its bytes are not a key of that many labels.
[[nodiscard]] bool split_key(std::string_view key, std::span<std::string_view> values);

// The same key with what is not UTF-8 in its values replaced by '?'.
[[nodiscard]] std::string printable_key(std::string_view key);

}  // namespace sawlog::agent
