// Percent-encoding of a part of a URL (RFC 3986, 2.1): all but the unreserved characters.
#pragma once

#include <string>
#include <string_view>

namespace sawlog::outputs {

[[nodiscard]] inline std::string percent_encoded(std::string_view part) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char byte : part) {
    const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (is_letter || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
        byte == '~') {
      text.push_back(byte);
      continue;
    }
    const auto value = static_cast<unsigned char>(byte);
    text += {'%', kDigits[value >> 4], kDigits[value & 15]};
  }
  return text;
}

}  // namespace sawlog::outputs
