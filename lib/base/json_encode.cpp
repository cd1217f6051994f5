#include "lib/base/json_encode.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sawlog::base {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kHex = "0123456789abcdef";
constexpr size_t kEscapeBytesMax = 6;

constexpr uint8_t byte_of(char c) {
  return static_cast<uint8_t>(c);
}

constexpr bool is_plain(char c) {
  return byte_of(c) >= 0x20 && byte_of(c) < 0x80 && c != '"' && c != '\\';
}

#if defined(__SSE2__)
// A bit for each of 16 bytes that cannot be copied as it is. Bytes from 0x80 on are negative, so
// that one comparison finds them and the control characters.
unsigned special_bits(__m128i bytes) {
  const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, backslash))));
}

// How many bytes of the eight (low half of a register) can be copied.
unsigned plain_of_eight(__m128i bytes) {
  return static_cast<unsigned>(std::countr_zero(special_bits(bytes) | 0x100U));
}
#endif

// Copies plain bytes, returns how many. Needs kWriteSlackBytes behind the copy.
size_t copy_plain(char* out, const char* text, size_t size) {
  size_t i = 0;
#if defined(__SSE2__)
  for (; i + 16 <= size; i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
    const unsigned special = special_bits(bytes);
    if (special != 0) return i + static_cast<size_t>(std::countr_zero(special));
  }
  if (i + 8 <= size) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text + i));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), bytes);
    const unsigned plain = plain_of_eight(bytes);
    i += plain;
    if (plain < 8) return i;
  }
#endif
  for (; i < size && is_plain(text[i]); ++i) out[i] = text[i];
  return i;
}

size_t count_plain(const char* text, size_t size) {
  size_t i = 0;
#if defined(__SSE2__)
  for (; i + 16 <= size; i += 16) {
    const unsigned special =
        special_bits(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i)));
    if (special != 0) return i + static_cast<size_t>(std::countr_zero(special));
  }
#endif
  while (i < size && is_plain(text[i])) ++i;
  return i;
}

struct Sequence {
  size_t size_bytes = 1;  // valid: the character; broken: what one U+FFFD stands for
  bool is_valid = false;
};

// The range of the second byte, by the first (Unicode 15, table 3-7).
constexpr std::pair<uint8_t, uint8_t> second_byte_range(uint8_t first) {
  switch (first) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

// Looks at a byte from 0x80 on. A broken sequence counts its maximal subpart (Unicode 15, 3.9).
Sequence utf8_sequence(const char* text, size_t size) {
  const uint8_t first = byte_of(text[0]);
  if (first < 0xC2 || first > 0xF4) return {};
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const auto [low, high] = second_byte_range(first);
  if (size < 2 || byte_of(text[1]) < low || byte_of(text[1]) > high) return {};
  size_t i = 2;
  while (i < length && i < size && (byte_of(text[i]) & 0xC0) == 0x80) ++i;
  return {i, i == length};
}

char* write_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write_escaped(char* out, char c) {
  switch (c) {
    case '"':
      return write_text(out, "\\\"");
    case '\\':
      return write_text(out, "\\\\");
    case '\n':
      return write_text(out, "\\n");
    case '\r':
      return write_text(out, "\\r");
    case '\t':
      return write_text(out, "\\t");
    default:
      out = write_text(out, "\\u00");
      *out++ = kHex[byte_of(c) >> 4];
      *out++ = kHex[byte_of(c) & 15];
      return out;
  }
}

struct Progress {
  char* out;
  size_t consumed;
};

// One character that is not plain: an escape, a UTF-8 sequence or its replacement.
Progress write_special(char* out, std::string_view text) {
  if (byte_of(text[0]) < 0x80) return {write_escaped(out, text[0]), 1};
  const Sequence sequence = utf8_sequence(text.data(), text.size());
  const std::string_view bytes =
      sequence.is_valid ? text.substr(0, sequence.size_bytes) : kReplacement;
  return {write_text(out, bytes), sequence.size_bytes};
}

constexpr std::string_view kPairs =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

char* write_pair(char* out, uint64_t value) {
  std::memcpy(out, kPairs.data() + 2 * value, 2);
  return out + 2;
}

struct Date {
  int64_t year;
  uint64_t month;
  uint64_t day;
};

// Days since 1970-01-01 to the civil calendar (Howard Hinnant's algorithm).
Date date_of(int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const auto day_of_era = static_cast<uint64_t>(shifted - era * 146'097);
  const uint64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  const uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

// "2026-11-21T07:06:55." : 20 bytes
char* write_second(char* out, int64_t unix_second) {
  constexpr int64_t kDaySeconds = 86'400;
  int64_t days = unix_second / kDaySeconds;
  int64_t second = unix_second % kDaySeconds;
  if (second < 0) {
    second += kDaySeconds;
    --days;
  }
  const Date date = date_of(days);
  const auto year = static_cast<uint64_t>(date.year);
  const auto second_of_day = static_cast<uint64_t>(second);
  out = write_pair(write_pair(out, year / 100), year % 100);
  *out++ = '-';
  out = write_pair(out, date.month);
  *out++ = '-';
  out = write_pair(out, date.day);
  *out++ = 'T';
  out = write_pair(out, second_of_day / 3'600);
  *out++ = ':';
  out = write_pair(out, second_of_day / 60 % 60);
  *out++ = ':';
  out = write_pair(out, second_of_day % 60);
  *out++ = '.';
  return out;
}

template <class Number>
char* write_shortest(char* out, Number value) {
  char* const end = std::to_chars(out, out + kNumberBytesMax, value).ptr;
  const std::string_view text(out, static_cast<size_t>(end - out));
  return text.find_first_of(".e") == std::string_view::npos ? write_text(end, ".0") : end;
}

template <class Number>
char* write_non_finite(char* out, Number value) {
  if (std::isnan(value)) return write_text(out, "\"NaN\"");
  return write_text(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

constexpr uint64_t power_of_ten(unsigned exponent) {
  return exponent == 0 ? 1 : 10 * power_of_ten(exponent - 1);
}

// magnitude / 10^kDecimals, without the zeros at the end but with one decimal at least.
template <unsigned kDecimals>
char* write_decimal(char* out, uint64_t magnitude) {
  constexpr uint64_t kScale = power_of_ten(kDecimals);
  out = write_unsigned(out, magnitude / kScale);
  *out++ = '.';
  uint64_t fraction = magnitude % kScale;
  for (unsigned i = kDecimals; i > 0; --i) {
    out[i - 1] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  out += kDecimals;
  for (unsigned i = 1; i < kDecimals && out[-1] == '0'; ++i) --out;
  return out;
}

// Numbers of at most kDecimals decimals and 15 digits in sum: no two of these are the same double,
// so the text is the shortest. Null if the value is not such a number.
template <unsigned kDecimals>
char* write_short_decimal(char* out, double magnitude) {
  constexpr auto kScale = static_cast<double>(power_of_ten(kDecimals));
  const double scaled = magnitude * kScale;
  if (!(scaled < 1e15)) return nullptr;
  const auto floor = static_cast<uint64_t>(scaled);
  for (const uint64_t integer : {floor, floor + 1}) {  // the product may be a little off
    if (static_cast<double>(integer) / kScale == magnitude) {
      return write_decimal<kDecimals>(out, integer);
    }
  }
  return nullptr;
}

template <class Write>
void append_number(std::string& out, Write write) {
  std::array<char, kNumberBytesMax> buffer;
  out.append(buffer.data(), static_cast<size_t>(write(buffer.data()) - buffer.data()));
}

}  // namespace

char* write_json_string(char* out, std::string_view text) {
  *out++ = '"';
  while (!text.empty()) {
    const size_t plain = copy_plain(out, text.data(), text.size());
    out += plain;
    text.remove_prefix(plain);
    while (!text.empty() && !is_plain(text[0])) {
      const Progress progress = write_special(out, text);
      out = progress.out;
      text.remove_prefix(progress.consumed);
    }
  }
  *out++ = '"';
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const size_t plain = count_plain(text.data(), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    while (!text.empty() && !is_plain(text[0])) {
      std::array<char, kEscapeBytesMax> bytes;
      const Progress progress = write_special(bytes.data(), text);
      out.append(bytes.data(), static_cast<size_t>(progress.out - bytes.data()));
      text.remove_prefix(progress.consumed);
    }
  }
  out.push_back('"');
}

char* Rfc3339Writer::write(char* out, int64_t unix_ns) {
  constexpr int64_t kSecondNs = 1'000'000'000;
  int64_t second = unix_ns / kSecondNs;
  int64_t nanosecond = unix_ns % kSecondNs;
  if (nanosecond < 0) {
    nanosecond += kSecondNs;
    --second;
  }
  if (second != second_) {
    write_second(text_.data(), second);
    second_ = second;
  }
  std::memcpy(out, text_.data(), text_.size());
  const auto us = static_cast<uint64_t>(nanosecond) / 1'000;
  out = write_pair(out + text_.size(), us / 10'000);
  out = write_pair(out, us / 100 % 100);
  out = write_pair(out, us % 100);
  *out++ = 'Z';
  return out;
}

void append_rfc3339(std::string& out, int64_t unix_ns) {
  std::array<char, kRfc3339Bytes> text;
  Rfc3339Writer().write(text.data(), unix_ns);
  out.append(text.data(), text.size());
}

char* write_integer(char* out, int64_t value) {
  return std::to_chars(out, out + kNumberBytesMax, value).ptr;
}

char* write_unsigned(char* out, uint64_t value) {
  return std::to_chars(out, out + kNumberBytesMax, value).ptr;
}

char* write_double(char* out, double value) {
  if (!std::isfinite(value)) return write_non_finite(out, value);
  char* const start = out;
  if (std::signbit(value)) *out++ = '-';
  const double magnitude = std::fabs(value);
  if (char* const end = write_short_decimal<3>(out, magnitude)) return end;
  if (char* const end = write_short_decimal<6>(out, magnitude)) return end;
  return write_shortest(start, value);
}

char* write_float(char* out, float value) {
  if (!std::isfinite(value)) return write_non_finite(out, value);
  return write_shortest(out, value);
}

void append_integer(std::string& out, int64_t value) {
  append_number(out, [value](char* at) { return write_integer(at, value); });
}

void append_unsigned(std::string& out, uint64_t value) {
  append_number(out, [value](char* at) { return write_unsigned(at, value); });
}

void append_double(std::string& out, double value) {
  append_number(out, [value](char* at) { return write_double(at, value); });
}

}  // namespace sawlog::base
