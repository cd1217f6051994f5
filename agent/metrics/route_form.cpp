#include "agent/metrics/route_form.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace sawlog::agent {
namespace {

constexpr size_t kHexIdBytesMin = 16;
constexpr size_t kUuidBytes = 36;

// What a letter may be part of; a segment is what all of its letters are.
enum Class : uint8_t {
  kDigit = 1,
  kHex = 2,
  kHexOrDash = 4,
  kSlash = 8,
  kEnd = 16,  // of the path: ? and #
};

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (size_t i = '0'; i <= '9'; ++i) classes[i] = kDigit | kHex | kHexOrDash;
  for (size_t i = 'a'; i <= 'f'; ++i) classes[i] = kHex | kHexOrDash;
  for (size_t i = 'A'; i <= 'F'; ++i) classes[i] = kHex | kHexOrDash;
  classes['-'] = kHexOrDash;
  classes['/'] = kSlash;
  classes['?'] = kEnd;
  classes['#'] = kEnd;
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = make_classes();

uint8_t class_of(char letter) {
  return kClasses[static_cast<uint8_t>(letter)];
}

bool is_uuid(std::string_view segment) {
  if (segment.size() != kUuidBytes) return false;
  for (size_t i = 0; i < segment.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash != (segment[i] == '-')) return false;
  }
  return true;
}

// all: the classes that every letter has; any: those that some letter has.
bool is_id(std::string_view segment, uint8_t all, uint8_t any) {
  if (segment.empty()) return false;
  if ((all & kDigit) != 0) return true;
  if ((all & kHex) != 0) return segment.size() >= kHexIdBytesMin && (any & kDigit) != 0;
  return (all & kHexOrDash) != 0 && is_uuid(segment);
}

std::string_view without_host(std::string_view path) {
  if (path.starts_with('/')) return path;
  const size_t scheme = path.find("://");
  if (scheme == std::string_view::npos) return path;
  const size_t root = path.find('/', scheme + 3);
  return root == std::string_view::npos ? std::string_view("/") : path.substr(root);
}

// Text that grows into a buffer until that is full.
class Route {
 public:
  explicit Route(std::span<char> buffer) : buffer_(buffer) {}
  void append(std::string_view text) {
    const size_t count = std::min(text.size(), buffer_.size() - size_);
    if (count > 0) std::memcpy(buffer_.data() + size_, text.data(), count);
    size_ += count;
  }
  [[nodiscard]] std::string_view text() const { return {buffer_.data(), size_}; }

 private:
  std::span<char> buffer_;
  size_t size_ = 0;
};

}  // namespace

std::string_view route_of(std::string_view path, std::span<char> buffer) {
  path = without_host(path);
  Route route(buffer);
  size_t copied = 0;  // what of the path is in the route, up to its last id
  size_t begin = 0;   // of the segment
  size_t at = 0;
  uint8_t all = 0xff;
  uint8_t any = 0;
  for (;; ++at) {
    const uint8_t letter = at < path.size() ? class_of(path[at]) : uint8_t{kEnd};
    if ((letter & (kSlash | kEnd)) == 0) {
      all &= letter;
      any |= letter;
      continue;
    }
    if (is_id(path.substr(begin, at - begin), all, any)) {
      route.append(path.substr(copied, begin - copied));
      route.append("{id}");
      copied = at;
    }
    if ((letter & kEnd) != 0) break;
    begin = at + 1;
    all = 0xff;
    any = 0;
  }
  if (copied == 0) return path.substr(0, at);
  route.append(path.substr(copied, at - copied));
  return route.text();
}

}  // namespace sawlog::agent
