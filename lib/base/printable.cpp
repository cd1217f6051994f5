#include "lib/base/printable.h"

#include <cstdint>

namespace sawlog::base {

namespace {

bool is_continuation(char byte) {
  return (static_cast<uint8_t>(byte) & 0xC0) == 0x80;
}

// Bytes of the sequence that begins the text, 0 if it is none. Overlong forms and surrogates pass:
// terminals show a replacement for them.
size_t sequence_bytes(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  const size_t wanted = first < 0x80             ? 1
                        : (first & 0xE0) == 0xC0 ? 2
                        : (first & 0xF0) == 0xE0 ? 3
                        : (first & 0xF8) == 0xF0 ? 4
                                                 : 0;
  if (wanted == 0 || text.size() < wanted) return 0;
  for (size_t i = 1; i < wanted; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return wanted;
}

bool is_control(std::string_view sequence) {
  const auto first = static_cast<uint8_t>(sequence[0]);
  if (sequence.size() == 1) return (first < 0x20 && first != '\t') || first == 0x7F;
  return sequence.size() == 2 && first == 0xC2 && static_cast<uint8_t>(sequence[1]) < 0xA0;
}

void append_escaped(std::string& out, char byte) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[static_cast<uint8_t>(byte) >> 4];
  out += kDigits[static_cast<uint8_t>(byte) & 15];
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const size_t size_bytes = sequence_bytes(text);
    if (size_bytes == 0) {
      append_escaped(out, text[0]);
    } else if (is_control(text.substr(0, size_bytes))) {
      append_escaped(out, text[size_bytes - 1]);
    } else {
      out += text.substr(0, size_bytes);
    }
    text.remove_prefix(size_bytes == 0 ? 1 : size_bytes);
  }
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

}  // namespace sawlog::base
