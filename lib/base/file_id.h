// Who a log file is, whatever its name.
//
// 96 random bits drawn when tail first sees a file, durable (agent/checkpoint/identity_store.h)
// before the first byte of the file leaves the agent. It stays with the content: through renames,
// compression, restarts. What finds the file again (device, inode, hashes) is tail's business.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace sawlog::base {

struct FileId {
  std::array<uint8_t, 12> bytes{};

  auto operator<=>(const FileId&) const = default;
  [[nodiscard]] std::string hex() const {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : bytes) {
      text.push_back(kDigits[byte >> 4]);
      text.push_back(kDigits[byte & 15]);
    }
    return text;
  }
};

}  // namespace sawlog::base

template <>
struct std::hash<sawlog::base::FileId> {
  size_t operator()(const sawlog::base::FileId& id) const noexcept {
    size_t value = 0;
    std::memcpy(&value, id.bytes.data(), sizeof(value));  // random bits: any eight will do
    return value;
  }
};
