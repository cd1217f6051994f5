#include "parsers/timestamp.h"

#include <charconv>
#include <cstring>

#include "parsers/textual_time.h"

namespace sawlog::parsers {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kSecondsMax = INT64_MAX / kNsPerSecond - 1;  // 2262-04-11
constexpr int kFractionDigitsMax = 9;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Two digits, or a number above 99.
unsigned two_digits(const char* text) {
  const unsigned tens = static_cast<unsigned char>(text[0]) - unsigned{'0'};
  const unsigned ones = static_cast<unsigned char>(text[1]) - unsigned{'0'};
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

constexpr unsigned days_in_month(unsigned year, unsigned month) {
  constexpr std::array<uint8_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && is_leap ? 29 : kDays[month - 1];
}

// Days since 1970-01-01 of a date in the Gregorian calendar, after year 0.
constexpr int64_t days_since_1970(unsigned year, unsigned month, unsigned day) {
  const unsigned years =
      month <= 2 ? year - 1 : year;  // years begin in March: leap days at the end
  const unsigned month_from_march = month <= 2 ? month + 9 : month - 3;
  const unsigned day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  return int64_t{years} * 365 + years / 4 - years / 100 + years / 400 + day_of_year - 719468;
}
static_assert(days_since_1970(1970, 1, 1) == 0);
static_assert(days_since_1970(2000, 2, 29) == 11016);
static_assert(days_since_1970(2026, 11, 21) == 20778);

// The digits of a fraction as billionths; ends behind the last digit, also of those left out.
const char* read_billionths(const char* at, const char* end, int64_t& billionths) {
  constexpr std::array<int64_t, kFractionDigitsMax + 1> kUnits = {
      1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  const char* const kept_end = end - at > kFractionDigitsMax ? at + kFractionDigitsMax : end;
  const char* const begin = at;
  int64_t value = 0;
  for (; at != kept_end && is_digit(*at); ++at) value = value * 10 + (*at - '0');
  billionths = value * kUnits[static_cast<size_t>(at - begin)];
  while (at != end && is_digit(*at)) ++at;
  return at;
}

// Z, +hh:mm, +hhmm, +hh or nothing, up to end.
std::optional<int64_t> zone_seconds(const char* at, const char* end) {
  if (at != end && *at == ' ') ++at;
  const auto size = end - at;
  if (size == 0) return 0;
  if (size == 1 && (*at == 'Z' || *at == 'z')) return 0;
  if (size == 3 && std::memcmp(at, "UTC", 3) == 0) return 0;
  if ((*at != '+' && *at != '-') || (size != 3 && size != 5 && size != 6)) return std::nullopt;
  if (size == 6 && at[3] != ':') return std::nullopt;
  const unsigned hours = two_digits(at + 1);
  const unsigned minutes = size == 3 ? 0 : two_digits(end - 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const int64_t seconds = int64_t{hours} * 3600 + int64_t{minutes} * 60;
  return *at == '-' ? -seconds : seconds;
}

// A whole number of units, and billionths of one, if that is a time between 1973 and 2262.
std::optional<int64_t> epoch_in_some_unit(uint64_t whole, int64_t billionths) {
  constexpr uint64_t kSecondsMin = 100'000'000;  // 1973-03-03
  uint64_t units_per_second = 1;
  for (int64_t unit_ns = kNsPerSecond; unit_ns >= 1; unit_ns /= 1000) {
    const uint64_t seconds = whole / units_per_second;
    if (seconds >= kSecondsMin && seconds < static_cast<uint64_t>(kSecondsMax))
      return static_cast<int64_t>(whole) * unit_ns + billionths * unit_ns / kNsPerSecond;
    units_per_second *= 1000;
  }
  return std::nullopt;
}

}  // namespace

// "YYYY-MM-DDThh:mm" → minute_unix_s_.
bool TimestampParser::read_minute(std::string_view given) {
  const char* const text = given.data();
  if (std::memcmp(text, minute_text_.data(), minute_text_.size()) == 0) return true;
  const unsigned year = two_digits(text) * 100 + two_digits(text + 2);
  const unsigned month = two_digits(text + 5);
  const unsigned day = two_digits(text + 8);
  const unsigned hour = two_digits(text + 11);
  const unsigned minute = two_digits(text + 14);
  const bool has_separators = text[4] == '-' && text[7] == '-' && text[13] == ':' &&
                              (text[10] == 'T' || text[10] == ' ' || text[10] == 't');
  if (!has_separators || two_digits(text + 2) > 99 || year < 1969 || year > 2262 || month < 1 ||
      month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59)
    return false;
  minute_unix_s_ = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60;
  std::memcpy(minute_text_.data(), text, minute_text_.size());
  return true;
}

// What does not begin as RFC 3339 does.
bool TimestampParser::parse_other(std::string_view text, Timestamp& time) {
  if (const std::optional<int64_t> epoch_ns = parse_epoch(text)) {
    time = {*epoch_ns, false};
    return true;
  }
  TextualTime textual;
  return textual.read(text, 0) && !textual.is_year_inferred() && parse(textual.rfc3339(), time);
}

bool TimestampParser::parse(std::string_view text, Timestamp& time) {
  constexpr size_t kMinuteBytes = 16;
  if (text.size() < kMinuteBytes || text[4] != '-') {
    return parse_other(text, time);
  }
  if (!read_minute(text)) return false;
  const char* at = text.data() + kMinuteBytes;
  const char* const end = text.data() + text.size();
  unsigned second = 0;
  int64_t billionths = 0;
  bool is_canonical = false;
  if (end - at >= 3 && *at == ':') {
    second = two_digits(at + 1);
    if (second > 60) return false;
    at += 3;
    is_canonical = text[10] == 'T' && second < 60;
    if (at != end && (*at == '.' || *at == ',')) {
      const char* const digits = at + 1;
      is_canonical = is_canonical && *at == '.';
      at = read_billionths(digits, end, billionths);
      if (at == digits) return false;
      is_canonical = is_canonical && at - digits <= kFractionDigitsMax;
    }
  }
  is_canonical = is_canonical && end - at == 1 && *at == 'Z';
  const std::optional<int64_t> zone = is_canonical ? 0 : zone_seconds(at, end);
  if (!zone) return false;
  const int64_t unix_s = minute_unix_s_ + second - *zone;
  if (unix_s < 0 || unix_s > kSecondsMax) return false;
  time = {unix_s * kNsPerSecond + billionths, is_canonical};
  return true;
}

std::optional<int64_t> parse_epoch(std::string_view text) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  if (text.empty() || !is_digit(*at)) return std::nullopt;
  uint64_t whole = 0;
  const auto parsed = std::from_chars(at, end, whole);
  if (parsed.ec != std::errc()) return std::nullopt;
  at = parsed.ptr;
  int64_t billionths = 0;
  if (at != end && *at == '.') at = read_billionths(at + 1, end, billionths);
  if (at == end) return epoch_in_some_unit(whole, billionths);
  if (*at != 'e' && *at != 'E') return std::nullopt;
  double value = 0;
  const auto as_double = std::from_chars(begin, end, value);
  if (as_double.ec != std::errc() || as_double.ptr != end || !(value < 1e19)) return std::nullopt;
  whole = static_cast<uint64_t>(value);
  return epoch_in_some_unit(whole,
                            static_cast<int64_t>((value - static_cast<double>(whole)) * 1e9));
}

}  // namespace sawlog::parsers
