// Walks the tokens of one line of JSON and checks its grammar (RFC 8259) completely, so that what
// is called JSON here is JSON for every destination.
//
// Token positions come from JsonIndex, relative to base. A token's end is found from the next
// token's position: nothing is scanned twice. Escapes are looked at only in strings that have any.
//
// A surrogate without its partner ("\ud800") is grammatical but no Unicode, and destinations refuse
// it: its place is noted.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/record.h"

namespace sawlog::parsers {

// A number in decimal: mantissa / 10^fraction_digits.
struct JsonNumber {
  int64_t mantissa = 0;
  uint32_t fraction_digits = 0;
  bool is_exact = false;  // at most 18 digits and no exponent; else only the text says it

  // Whether as_double() is the nearest double. Not of 0, which may be -0.
  [[nodiscard]] bool is_short() const {
    constexpr int64_t kExactDoubleMax = int64_t{1} << 53;
    return is_exact && mantissa <= kExactDoubleMax && mantissa >= -kExactDoubleMax && mantissa != 0;
  }
  // Both are doubles without an error, so that their quotient is the nearest double (IEEE 754).
  [[nodiscard]] double as_double() const {
    const auto whole = static_cast<double>(mantissa);
    return fraction_digits == 0 ? whole : whole / kPowers[fraction_digits];
  }
  // Of a number of 10^digits small units: how many small ones, if that is a whole number and
  // nothing overflows: "12.5" thousands are 12500.
  [[nodiscard]] std::optional<int64_t> in_small_units(uint32_t digits) const {
    int64_t count = 0;
    if (!is_exact || fraction_digits > digits ||
        __builtin_mul_overflow(mantissa, kUnits[digits - fraction_digits], &count))
      return std::nullopt;
    return count;
  }

  static constexpr std::array<int64_t, 10> kUnits = {
      1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
  static constexpr std::array<double, 19> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                     1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                     1e14, 1e15, 1e16, 1e17, 1e18};
};

// A value as it stands in the text: [begin, end) relative to the walker's base.
struct JsonToken {
  size_t begin = 0;
  size_t end = 0;
  ValueKind kind = ValueKind::kAbsent;
  bool has_escapes = false;
  JsonNumber number;  // of kInteger and kDouble
};

class JsonWalker {
 public:
  static constexpr size_t kDepthMax = 1000;  // of nesting; deeper is not JSON for us

  // positions: of JsonIndex for the text, its element behind the last readable.
  void start(std::string_view text, std::span<const uint32_t> positions) {
    base_ = text.data();
    end_ = positions.data() + positions.size();
    text_end_ = base_ + text.size();
    backslash_ = find_backslash(base_);
  }
  // Lines come in their order.
  void start_line(size_t begin, size_t end) {
    if (backslash_ < base_ + begin) backslash_ = find_backslash(base_ + begin);
    line_has_escapes_ = backslash_ < base_ + end;
  }
  [[nodiscard]] bool line_has_escapes() const { return line_has_escapes_; }

  [[nodiscard]] char at(const uint32_t* token) const { return base_[*token]; }
  [[nodiscard]] bool has(const uint32_t* token, size_t count) const {
    return static_cast<size_t>(end_ - token) >= count;
  }
  [[nodiscard]] const char* from(size_t position) const { return base_ + position; }
  [[nodiscard]] std::string_view text(size_t begin, size_t end) const {
    return {base_ + begin, end - begin};
  }

  // A key with its colon at token[0] and token[1]; at least three tokens are there. False if it is
  // none; otherwise key is what stands between its quotes.
  [[nodiscard]] bool read_key(const uint32_t* token, JsonToken& key) {
    if (at(token) != '"' || at(token + 1) != ':') return false;
    key.begin = token[0] + 1;
    key.end = trimmed(token[1]) - 1;
    return key.end >= key.begin && base_[key.end] == '"' && check_string(key);
  }

  // A value that is neither object nor array, at *token; moves token behind it.
  [[nodiscard]] bool read_scalar(const uint32_t*& token, JsonToken& value) {
    value.begin = *token;
    ++token;
    value.end = trimmed(*token);
    const char first = base_[value.begin];
    if (first == '"') {
      value.kind = ValueKind::kString;
      if (value.end < value.begin + 2 || base_[value.end - 1] != '"') return false;
      value.has_escapes = false;
      return !line_has_escapes_ || check_string_value(value);
    }
    value.has_escapes = false;
    return check_word(value);
  }

  // An object or array at *token with all that is in it; moves token behind it. False, too, if it
  // goes beyond line_end.
  [[nodiscard]] bool skip_container(const uint32_t*& token, size_t line_end);

  // Positions of the backslashes of unpaired surrogates since they were last cleared.
  [[nodiscard]] std::vector<uint32_t>& unpaired_surrogates() { return unpaired_surrogates_; }

 private:
  // Not every control character: the others are garbage, and part of what they follow.
  [[nodiscard]] static bool is_white_space(char c) {
    return static_cast<uint8_t>(c) <= ' ' && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
  }
  // The end of what stands before position without the white space between.
  [[nodiscard]] size_t trimmed(size_t position) const {
    while (is_white_space(base_[position - 1])) --position;
    return position;
  }
  // Looks for escapes in [begin, end) and checks them.
  [[nodiscard]] bool check_string(JsonToken& content) {
    content.has_escapes = false;
    if (!line_has_escapes_) return true;
    const char* const begin = base_ + content.begin;
    if (backslash_ < begin) backslash_ = find_backslash(begin);
    content.has_escapes = backslash_ < base_ + content.end;
    return !content.has_escapes || check_escapes(content);
  }
  [[nodiscard]] const char* find_backslash(const char* from) const {
    const auto* found =
        static_cast<const char*>(std::memchr(from, '\\', static_cast<size_t>(text_end_ - from)));
    return found != nullptr ? found : text_end_;
  }
  [[nodiscard]] bool check_escapes(const JsonToken& content);
  [[nodiscard]] bool check_string_value(JsonToken& value);
  [[nodiscard]] bool check_word(JsonToken& value) const;  // true, false, null or a number

  const char* base_ = nullptr;
  const char* text_end_ = nullptr;
  const char* backslash_ = nullptr;  // no backslash is between the last look and this one
  const uint32_t* end_ = nullptr;
  bool line_has_escapes_ = false;
  std::vector<uint32_t> unpaired_surrogates_;
};

// Whether every escape of a string's content is one of JSON's, for strings that nobody checked.
[[nodiscard]] bool has_json_escapes(std::string_view content);

// The content of a checked JSON string with its escapes replaced; an unpaired surrogate becomes
// U+FFFD. Appends at most content.size() bytes.
void append_unescaped(std::string_view content, std::string& out);

// RFC 8259 section 6: the kind of the number that [begin, end) wholly is, or kAbsent.
[[nodiscard]] ValueKind scan_number(const char* begin, const char* end, JsonNumber& number);
// The same, without a loop for what most numbers are: up to eight digits and a decimal point. Eight
// bytes must be readable at begin.
[[nodiscard]] inline ValueKind scan_short_number(const char* begin, const char* end,
                                                 JsonNumber& number);

// Fills kind, number and integer from a number that was scanned; text: its text.
void read_long_number(ValueKind kind, std::string_view text, Value& value);
inline void read_number(ValueKind kind, const JsonNumber& number, std::string_view text,
                        Value& value) {
  if (!number.is_short()) return read_long_number(kind, text, value);
  value.kind = kind;
  value.number = number.as_double();
  value.integer = kind == ValueKind::kInteger ? number.mantissa : 0;
}

ValueKind scan_short_number(const char* begin, const char* end, JsonNumber& number) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const auto bytes = static_cast<unsigned>(end - begin);
  if (bytes - 1 > 7 || *begin == '-') return scan_number(begin, end, number);
  // The text at the upper end of a word, whose first byte is the lowest, behind zeros.
  uint64_t word;
  std::memcpy(&word, begin, sizeof(word));
  word = word << (64 - 8 * bytes) | (kOnes * '0' >> 4 * bytes) >> 4 * bytes;
  unsigned whole_digits = bytes;
  const uint64_t not_dots = word ^ kOnes * '.';
  const uint64_t dots = (not_dots - kOnes) & ~not_dots & kOnes << 7;  // the first is exact
  number.fraction_digits = 0;
  if (dots != 0) {
    const auto dot = static_cast<unsigned>(std::countr_zero(dots)) / 8;
    number.fraction_digits = 7 - dot;
    whole_digits = bytes - 1 - number.fraction_digits;
    if (whole_digits == 0 || number.fraction_digits == 0) return ValueKind::kAbsent;
    const uint64_t before = (uint64_t{1} << 8 * dot) - 1;
    word = (word & ~before << 8) | (word & before) << 8 | '0';
  }
  const uint64_t digits = word ^ kOnes * '0';
  if ((((digits + kOnes * 6) | digits) & kOnes * 0xf0) != 0) return scan_number(begin, end, number);
  if (whole_digits > 1 && *begin == '0') return ValueKind::kAbsent;
  // Pairs of digits, then of pairs, then of fours.
  uint64_t value = (digits * ((10 << 8) + 1)) >> 8;
  value = ((value & 0x00ff00ff00ff00ff) * ((100 << 16) + 1)) >> 16;
  value = ((value & 0x0000ffff0000ffff) * ((uint64_t{10'000} << 32) + 1)) >> 32;
  number.mantissa = static_cast<int64_t>(value);
  number.is_exact = true;
  return dots != 0 ? ValueKind::kDouble : ValueKind::kInteger;
}

// Fills kind, number and integer from a text that is wholly a JSON number; false if it is not.
[[nodiscard]] bool number_value(std::string_view text, Value& value);

}  // namespace sawlog::parsers
