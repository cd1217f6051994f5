#include "parsers/json_walker.h"

#include <array>
#include <charconv>
#include <limits>
#include <string>

namespace sawlog::parsers {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr size_t kExactDigitsMax = 18;  // fit into an int64_t

// Reads digits into the mantissa, which wraps around when there are too many.
const char* read_digits(const char* at, const char* end, uint64_t& mantissa) {
  for (; at != end && is_digit(*at); ++at)
    mantissa = mantissa * 10 + static_cast<uint64_t>(*at - '0');
  return at;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The four hex digits at text, or -1.
int hex4(const char* text) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

constexpr bool is_high_surrogate(int unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
constexpr bool is_low_surrogate(int unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

// The low surrogate that stands as \uXXXX at text, or -1.
int low_surrogate_at(const char* text, const char* end) {
  if (end - text < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  const int unit = hex4(text + 2);
  return is_low_surrogate(unit) ? unit : -1;
}

void append_utf8(std::string& out, uint32_t point) {
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

// What \X stands for, for the X of one character; 0 for any other.
char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

// from_chars says of a number beyond a double only that: above all of them, or next to zero?
double beyond_double(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  const std::string_view digits = text.substr(is_negative ? 1 : 0);
  const size_t exponent = text.find_first_of("eE");
  const bool is_tiny =
      exponent == std::string_view::npos ? digits.starts_with("0.") : text[exponent + 1] == '-';
  const double size = is_tiny ? 0.0 : std::numeric_limits<double>::infinity();
  return is_negative ? -size : size;
}

}  // namespace

ValueKind scan_number(const char* begin, const char* end, JsonNumber& number) {
  const char* at = begin;
  const bool is_negative = at != end && *at == '-';
  if (is_negative) ++at;
  uint64_t mantissa = 0;
  const char* const digits_begin = at;
  at = read_digits(at, end, mantissa);
  auto digits = static_cast<size_t>(at - digits_begin);
  if (digits == 0 || (digits > 1 && *digits_begin == '0')) return ValueKind::kAbsent;
  ValueKind kind = ValueKind::kInteger;
  number.fraction_digits = 0;
  if (at != end && *at == '.') {
    kind = ValueKind::kDouble;
    const char* const fraction = ++at;
    at = read_digits(at, end, mantissa);
    if (at == fraction) return ValueKind::kAbsent;
    number.fraction_digits = static_cast<uint32_t>(at - fraction);
    digits += number.fraction_digits;
  }
  number.is_exact = at == end && digits <= kExactDigitsMax;
  number.mantissa = static_cast<int64_t>(is_negative ? 0 - mantissa : mantissa);
  if (at == end) return kind;
  if (*at != 'e' && *at != 'E') return ValueKind::kAbsent;
  ++at;
  if (at != end && (*at == '+' || *at == '-')) ++at;
  const bool has_exponent = at != end && read_digits(at, end, mantissa) == end;
  return has_exponent ? ValueKind::kDouble : ValueKind::kAbsent;
}

bool JsonWalker::check_escapes(const JsonToken& content) {
  const char* const end = base_ + content.end;
  for (const char* at = backslash_; at < end; at = find_backslash(at)) {
    if (end - at < 2) return false;
    if (at[1] != 'u') {
      if (simple_escape(at[1]) == 0) return false;
      at += 2;
      continue;
    }
    if (end - at < 6) return false;
    const int unit = hex4(at + 2);
    if (unit < 0) return false;
    const bool is_pair = is_high_surrogate(unit) && low_surrogate_at(at + 6, end) >= 0;
    if (!is_pair && (is_high_surrogate(unit) || is_low_surrogate(unit)))
      unpaired_surrogates_.push_back(static_cast<uint32_t>(at - base_));
    at += is_pair ? 12 : 6;
  }
  return true;
}

bool JsonWalker::check_word(JsonToken& value) const {
  const std::string_view word = text(value.begin, value.end);
  switch (word[0]) {
    case 't':
    case 'f':
      value.kind = ValueKind::kBool;
      return word == "true" || word == "false";
    case 'n':
      value.kind = ValueKind::kNull;
      return word == "null";
    default:
      break;
  }
  value.kind = scan_number(word.data(), word.data() + word.size(), value.number);
  return value.kind != ValueKind::kAbsent;
}

bool JsonWalker::check_string_value(JsonToken& value) {
  JsonToken content;
  content.begin = value.begin + 1;
  content.end = value.end - 1;
  const bool is_good = check_string(content);
  value.has_escapes = content.has_escapes;
  return is_good;
}

bool JsonWalker::skip_container(const uint32_t*& token, size_t line_end) {
  std::array<char, kDepthMax> closers;
  size_t depth = 0;
  JsonToken ignored;
  while (true) {
    // At the begin of a value.
    if (!has(token, 1)) return false;
    const char first = at(token);
    if (first == '{' || first == '[') {
      if (depth == kDepthMax || *token >= line_end || !has(token, 2)) return false;
      closers[depth++] = first == '{' ? '}' : ']';
      ++token;
      if (at(token) != closers[depth - 1]) {
        if (first == '{') {
          if (!has(token, 3) || !read_key(token, ignored)) return false;
          token += 2;
        }
        continue;
      }
    } else if (!read_scalar(token, ignored)) {
      return false;
    }
    // Behind a value: close what ends here, or go on to the next.
    while (has(token, 1) && at(token) == closers[depth - 1]) {
      ++token;
      if (--depth == 0) return true;
    }
    if (!has(token, 1) || at(token) != ',') return false;
    ++token;
    if (closers[depth - 1] == '}') {
      if (!has(token, 3) || !read_key(token, ignored)) return false;
      token += 2;
    }
  }
}

bool has_json_escapes(std::string_view content) {
  constexpr std::string_view kSimple = "\"\\/bfnrt";
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  for (size_t at = content.find('\\'); at != std::string_view::npos; at = content.find('\\', at)) {
    const std::string_view escape = content.substr(at + 1, 5);
    if (escape.empty()) return false;
    const bool is_point = escape[0] == 'u' && escape.size() == 5 &&
                          escape.substr(1).find_first_not_of(kHex) == std::string_view::npos;
    if (!is_point && kSimple.find(escape[0]) == std::string_view::npos) return false;
    at += is_point ? 6 : 2;
  }
  return true;
}

void append_unescaped(std::string_view content, std::string& out) {
  const char* at = content.data();
  const char* const end = at + content.size();
  while (at != end) {
    const auto* found =
        static_cast<const char*>(std::memchr(at, '\\', static_cast<size_t>(end - at)));
    if (found == nullptr) found = end;
    out.append(at, found);
    if (found == end) return;
    if (found[1] != 'u') {
      out.push_back(simple_escape(found[1]));
      at = found + 2;
      continue;
    }
    auto point = static_cast<uint32_t>(hex4(found + 2));
    at = found + 6;
    if (is_high_surrogate(static_cast<int>(point))) {
      const int low = low_surrogate_at(at, end);
      if (low >= 0) {
        point = 0x10000 + ((point - 0xD800) << 10) + (static_cast<uint32_t>(low) - 0xDC00);
        at += 6;
      }
    }
    append_utf8(out, point >= 0xD800 && point < 0xE000 ? 0xFFFD : point);
  }
}

void read_long_number(ValueKind kind, std::string_view text, Value& value) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  value.kind = kind;
  value.integer = 0;
  if (kind == ValueKind::kInteger) {
    const auto parsed = std::from_chars(begin, end, value.integer);
    if (parsed.ec != std::errc()) value.integer = text[0] == '-' ? INT64_MIN : INT64_MAX;
  }
  const auto parsed = std::from_chars(begin, end, value.number);
  if (parsed.ec == std::errc::result_out_of_range) value.number = beyond_double(text);
}

bool number_value(std::string_view text, Value& value) {
  JsonNumber number;
  const ValueKind kind = scan_number(text.data(), text.data() + text.size(), number);
  if (kind == ValueKind::kAbsent) return false;
  read_number(kind, number, text, value);
  return true;
}

}  // namespace sawlog::parsers
