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
    bytes_[size_] = static_cast<char>(value.size() & 0xff);
    bytes_[size_ + 1] = static_cast<char>(value.size() >> 8);
    if (!value.empty()) std::memcpy(bytes_.data() + size_ + 2, value.data(), value.size());
    size_ += 2 + value.size();
  }
  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kLabelCountMax * (2 + kLabelValueBytesMax)> bytes_;
  size_t size_ = 0;
};

// The values in a key; false if its bytes are not a key of that many labels.
[[nodiscard]] bool split_key(std::string_view key, std::span<std::string_view> values);

// The same key with what is not UTF-8 in its values replaced by '?'.
[[nodiscard]] std::string printable_key(std::string_view key);

}  // namespace sawlog::agent
