#include "agent/metrics/route_form.h"

#include <algorithm>
#include <cstring>

namespace sawlog::agent {
namespace {

constexpr size_t kHexIdBytesMin = 16;

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}
bool is_hex(char letter) {
  const char lower = static_cast<char>(letter | 0x20);
  return is_digit(letter) || (lower >= 'a' && lower <= 'f');
}

bool is_uuid(std::string_view segment) {
  if (segment.size() != 36) return false;
  for (size_t i = 0; i < segment.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? segment[i] != '-' : !is_hex(segment[i])) return false;
  }
  return true;
}

bool is_id(std::string_view segment) {
  if (std::ranges::none_of(segment, is_digit)) return is_uuid(segment);
  if (std::ranges::all_of(segment, is_digit)) return true;
  if (segment.size() >= kHexIdBytesMin && std::ranges::all_of(segment, is_hex)) return true;
  return is_uuid(segment);
}

std::string_view without_host(std::string_view path) {
  if (path.starts_with('/')) return path;
  const size_t scheme = path.find("://");
  if (scheme == std::string_view::npos) return path;
  const size_t root = path.find('/', scheme + 3);
  return root == std::string_view::npos ? std::string_view("/") : path.substr(root);
}

}  // namespace

std::string_view route_of(std::string_view path, std::span<char> buffer) {
  path = without_host(path);
  // One pass over the common case: nothing to cut, nothing that could be an id.
  bool may_have_id = false;
  for (size_t i = 0; i < path.size(); ++i) {
    const char letter = path[i];
    if (letter == '?' || letter == '#') {
      path = path.substr(0, i);
      break;
    }
    may_have_id |= is_digit(letter) || letter == '-';
  }
  if (!may_have_id) return path;
  size_t size = 0;
  const auto append = [&](std::string_view text) {
    const size_t count = std::min(text.size(), buffer.size() - size);
    if (count > 0) std::memcpy(buffer.data() + size, text.data(), count);
    size += count;
  };
  while (true) {
    const std::string_view segment = path.substr(0, path.find('/'));
    append(is_id(segment) ? "{id}" : segment);
    if (segment.size() == path.size()) break;
    append("/");
    path.remove_prefix(segment.size() + 1);
  }
  return {buffer.data(), size};
}

}  // namespace sawlog::agent
