#include "agent/metrics/route_form.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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
  static constexpr std::array<char, 1 + kRouteSlackBytes> kRoot = {'/'};
  return root == std::string_view::npos ? std::string_view(kRoot.data(), 1) : path.substr(root);
}

// Text that grows into a buffer until that is full.
class Route {
 public:
  explicit Route(std::span<char> buffer) : buffer_(buffer) {}
  // kRouteSlackBytes are readable behind the text.
  void append(std::string_view text) {
    if (text.size() <= kRouteSlackBytes && size_ + kRouteSlackBytes <= buffer_.size()) {
      std::memcpy(buffer_.data() + size_, text.data(), kRouteSlackBytes);
      size_ += text.size();
      return;
    }
    const size_t count = std::min(text.size(), buffer_.size() - size_);
    if (count > 0) std::memcpy(buffer_.data() + size_, text.data(), count);
    size_ += count;
  }
  void append_id() {
    static constexpr std::string_view kId = "{id}";
    const size_t count = std::min(kId.size(), buffer_.size() - size_);
    std::memcpy(buffer_.data() + size_, kId.data(), count);
    size_ += count;
  }
  [[nodiscard]] std::string_view text() const { return {buffer_.data(), size_}; }

 private:
  std::span<char> buffer_;
  size_t size_ = 0;
};

#if defined(__SSE2__)

// Most paths are short and without ids, or with numbers: what of 63 bytes is a digit, a slash or
// the end is found at once, a bit for each.
constexpr size_t kShortPathBytesMax = 63;

struct Marks {
  uint64_t digits = 0;
  uint64_t slashes = 0;
  uint64_t ends = 0;
};

void add_marks(const char* sixteen, size_t at, Marks& marks) {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(sixteen));
  const auto bits = [at](__m128i found) {
    return static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(found))) << at;
  };
  marks.digits |= bits(_mm_and_si128(_mm_cmpgt_epi8(text, _mm_set1_epi8('0' - 1)),
                                     _mm_cmpgt_epi8(_mm_set1_epi8('9' + 1), text)));
  marks.slashes |= bits(_mm_cmpeq_epi8(text, _mm_set1_epi8('/')));
  marks.ends |= bits(_mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('?')),
                                  _mm_cmpeq_epi8(text, _mm_set1_epi8('#'))));
}

// What is behind the path is seen, too.
Marks marks_of(std::string_view path) {
  constexpr size_t kStep = 16;
  static_assert(kRouteSlackBytes >= 2 * kStep);
  Marks marks;
  add_marks(path.data(), 0, marks);
  add_marks(path.data() + kStep, kStep, marks);
  for (size_t at = 2 * kStep; at < path.size(); at += kStep) add_marks(path.data() + at, at, marks);
  return marks;
}

// Whether some segment of the path, whose letters other than slashes are these, can be a
// hexadecimal id: those have 16 letters.
bool has_long_segment(uint64_t letters) {
  letters &= letters >> 1;  // a bit: two in a row from there on
  letters &= letters >> 2;
  letters &= letters >> 4;
  return (letters & letters >> 8) != 0;
}

// Of a path of at most 63 letters whose segments are short: only numbers are ids there.
std::string_view route_of_marks(std::string_view path, const Marks& marks, std::span<char> buffer) {
  const uint64_t borders = marks.slashes | uint64_t{1} << path.size();
  // A one added to digits in a row is carried to the place behind them.
  const uint64_t first_digits = (marks.slashes << 1 | 1) & marks.digits;
  uint64_t ends = (marks.digits + first_digits) & ~marks.digits & borders;
  if (ends == 0) return path;
  Route route(buffer);
  size_t copied = 0;
  for (; ends != 0; ends &= ends - 1) {
    const auto end = static_cast<size_t>(std::countr_zero(ends));
    const uint64_t before = borders & ((uint64_t{1} << end) - 1);
    const auto begin = static_cast<size_t>(64 - std::countl_zero(before));
    route.append(path.substr(copied, begin - copied));
    route.append_id();
    copied = end;
  }
  route.append(path.substr(copied));
  return route.text();
}

#endif

}  // namespace

std::string_view route_of(std::string_view path, std::span<char> buffer) {
  path = without_host(path);
  if (path.empty()) return path;  // it may be a view of nothing, with nothing behind it
#if defined(__SSE2__)
  if (path.size() <= kShortPathBytesMax) {
    Marks marks = marks_of(path);
    const auto end = static_cast<size_t>(std::countr_zero(marks.ends | uint64_t{1} << path.size()));
    const std::string_view shown = path.substr(0, end);
    const uint64_t all = (uint64_t{1} << end) - 1;
    marks.slashes &= all;
    marks.digits &= all;
    if (marks.digits == 0 && shown.size() < kUuidBytes) return shown;
    if (!has_long_segment(all & ~marks.slashes)) return route_of_marks(shown, marks, buffer);
  }
#endif
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
      route.append_id();
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
