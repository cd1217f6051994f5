#include "agent/metrics/label_key.h"

namespace sawlog::agent {
namespace {

constexpr size_t kCharacterBytesMax = 4;

bool is_continuation(char byte) {
  return (static_cast<uint8_t>(byte) & 0xc0) == 0x80;
}

// The size of the UTF-8 character that begins the text; 0 if none does.
size_t character_size(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xf0 && lead <= 0xf4  ? 4
                      : lead >= 0xe0 && lead < 0xf0 ? 3
                      : lead >= 0xc2 && lead < 0xe0 ? 2
                                                    : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const auto second = static_cast<uint8_t>(text[1]);
  const bool is_overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool is_surrogate = lead == 0xed && second >= 0xa0;
  const bool is_too_large = lead == 0xf4 && second >= 0x90;
  return is_overlong || is_surrogate || is_too_large ? 0 : size;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t size = character_size(text);
    if (size == 0) {
      out.push_back('?');
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

}  // namespace

std::string_view cut_to(std::string_view text, size_t max) {
  if (text.size() <= max) return text;
  size_t size = max;
  while (size > 0 && max - size < kCharacterBytesMax && is_continuation(text[size])) --size;
  return text.substr(0, size);
}

bool split_key(std::string_view key, std::span<std::string_view> values) {
  for (std::string_view& value : values) {
    if (key.size() < 2) return false;
    const size_t size = static_cast<size_t>(static_cast<uint8_t>(key[0])) |
                        static_cast<size_t>(static_cast<uint8_t>(key[1])) << 8;
    if (key.size() < 2 + size) return false;
    value = key.substr(2, size);
    key.remove_prefix(2 + size);
  }
  return key.empty();
}

std::string printable_key(std::string_view key) {
  LabelKey out;
  while (key.size() >= 2) {
    std::string_view value;
    const size_t size = static_cast<size_t>(static_cast<uint8_t>(key[0])) |
                        static_cast<size_t>(static_cast<uint8_t>(key[1])) << 8;
    CHECK(split_key(key.substr(0, 2 + size), {&value, 1}));
    out.append(printable(value));
    key.remove_prefix(2 + size);
  }
  return std::string(out.bytes());
}

}  // namespace sawlog::agent
