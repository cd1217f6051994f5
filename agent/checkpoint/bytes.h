// Little-endian encoding of the journals' payloads (docs/state.md).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "lib/base/file_id.h"

namespace sawlog::agent {

static_assert(std::endian::native == std::endian::little, "the journals are little-endian");

class ByteWriter {
 public:
  template <class T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(std::bit_cast<std::array<char, sizeof(T)>>(value).data(), sizeof(T));
  }
  void text(std::string_view value) {
    number<uint64_t>(value.size());
    bytes_.append(value);
  }
  void file_id(const base::FileId& id) {
    for (const uint8_t byte : id.bytes) number(byte);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reading past the end gives zeros and makes is_ok() false, so that callers check once at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  [[nodiscard]] T number() {
    T value{};
    if (take(sizeof(T))) taken_.copy(reinterpret_cast<char*>(&value), sizeof(T));
    return value;
  }
  [[nodiscard]] std::string text() {
    const auto size = number<uint64_t>();
    return take(size) ? std::string(taken_) : std::string();
  }
  [[nodiscard]] base::FileId file_id() {
    base::FileId id;
    for (uint8_t& byte : id.bytes) byte = number<uint8_t>();
    return id;
  }
  [[nodiscard]] bool is_ok() const { return is_ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  bool take(uint64_t size) {
    is_ok_ = is_ok_ && size <= rest_.size();
    if (!is_ok_) return false;
    taken_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  std::string_view taken_;
  bool is_ok_ = true;
};

}  // namespace sawlog::agent
