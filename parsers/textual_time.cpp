#include "parsers/textual_time.h"

#include <cstdlib>
#include <optional>

#include "parsers/timestamp.h"

namespace sawlog::parsers {

namespace {

constexpr int64_t kNsPerDay = 86'400'000'000'000;
constexpr unsigned kYearMax = 2262;

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::optional<unsigned> month_named(std::string_view name) {
  constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (name.size() != 3) return std::nullopt;
  const std::array<char, 3> lower = {static_cast<char>(name[0] | 0x20),
                                     static_cast<char>(name[1] | 0x20),
                                     static_cast<char>(name[2] | 0x20)};
  const size_t at = kMonths.find({lower.data(), lower.size()});
  if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  return static_cast<unsigned>(at / 3 + 1);
}

// What stands before the separator, which is taken off, too.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

// RFC 2822 section 4.3: the names that mean one zone only.
std::string_view offset_of_zone(std::string_view zone) {
  constexpr std::array<std::array<std::string_view, 2>, 10> kZones = {{{"GMT", "Z"},
                                                                       {"UTC", "Z"},
                                                                       {"EST", "-05:00"},
                                                                       {"EDT", "-04:00"},
                                                                       {"CST", "-06:00"},
                                                                       {"CDT", "-05:00"},
                                                                       {"MST", "-07:00"},
                                                                       {"MDT", "-06:00"},
                                                                       {"PST", "-08:00"},
                                                                       {"PDT", "-07:00"}}};
  for (const auto& [name, offset] : kZones) {
    if (zone == name) return offset;
  }
  return zone;
}

}  // namespace

bool TextualTime::read(std::string_view text, int64_t near_unix_ns) {
  is_year_inferred_ = false;
  constexpr size_t kBytesMin = 13;  // 1121 07:06:55
  if (text.size() < kBytesMin || text.size() > 48) return false;
  if (text[2] == '/') {
    const auto day = number(take_until(text, '/'));
    const auto month = month_named(take_until(text, '/'));
    const auto year = number(take_until(text, ':'));
    if (!day || !month || !year) return false;
    const std::string_view clock = take_until(text, ' ');
    return put({*year, *month, *day}, clock, text);
  }
  if (text[4] == '/') {
    const auto year = number(take_until(text, '/'));
    const auto month = number(take_until(text, '/'));
    const auto day = number(take_until(text, ' '));
    if (!day || !month || !year) return false;
    const std::string_view clock = take_until(text, ' ');
    return put({*year, *month, *day}, clock, text);
  }
  if (text[4] == ' ' && number(text.substr(0, 4))) {
    const auto month = number(text.substr(0, 2));
    const auto day = number(text.substr(2, 2));
    return put_yearless({0, *month, *day}, text.substr(5), near_unix_ns);
  }
  return read_month_name(text, near_unix_ns);
}

bool TextualTime::read_month_name(std::string_view text, int64_t near_unix_ns) {
  if (text.size() > 4 && text[3] == ',') {  // Sat, 21 Nov 2026 07:06:55 GMT
    text = without_spaces(text.substr(4));
    const auto day = number(take_until(text, ' '));
    const auto month = month_named(take_until(text, ' '));
    const auto year = number(take_until(text, ' '));
    if (!day || !month || !year) return false;
    const std::string_view clock = take_until(text, ' ');
    return put({*year, *month, *day}, clock, offset_of_zone(text));
  }
  std::string_view word = take_until(text, ' ');
  auto month = month_named(word);
  if (!month) {  // Sat Nov 21 07:06:55 2026
    month = month_named(take_until(text, ' '));
    if (!month || word.size() != 3) return false;
  }
  text = without_spaces(text);
  const auto day = number(take_until(text, ' '));
  const std::string_view clock = take_until(text, ' ');
  if (!day) return false;
  if (text.empty()) return put_yearless({0, *month, *day}, clock, near_unix_ns);
  const size_t last = text.rfind(' ');
  const std::string_view zone = last == std::string_view::npos ? "" : text.substr(0, last);
  const auto year = number(last == std::string_view::npos ? text : text.substr(last + 1));
  return year && put({*year, *month, *day}, clock, offset_of_zone(zone));
}

bool TextualTime::put(const Date& date, std::string_view clock, std::string_view zone) {
  constexpr size_t kDateBytes = 11;
  if (date.year < 1000 || date.year > kYearMax || date.month > 12 || date.day > 31 ||
      clock.size() < 5 || kDateBytes + clock.size() + 1 + zone.size() > buffer_.size())
    return false;
  const auto digit = [](unsigned value) { return static_cast<char>('0' + value % 10); };
  size_ = 0;
  for (const char c : {digit(date.year / 1000), digit(date.year / 100), digit(date.year / 10),
                       digit(date.year), '-', digit(date.month / 10), digit(date.month), '-',
                       digit(date.day / 10), digit(date.day), ' '})
    buffer_[size_++] = c;
  size_ += clock.copy(buffer_.data() + size_, clock.size());
  if (!zone.empty()) buffer_[size_++] = ' ';
  size_ += zone.copy(buffer_.data() + size_, zone.size());
  return true;
}

bool TextualTime::put_yearless(Date date, std::string_view clock, int64_t near_unix_ns) {
  TimestampParser parser;
  const auto near_year =
      static_cast<unsigned>(1970 + near_unix_ns / (kNsPerDay * 365 + kNsPerDay / 4));
  unsigned best_year = 0;
  int64_t best_distance = INT64_MAX;
  for (unsigned year = near_year - 1; year <= near_year + 1; ++year) {
    date.year = year;
    Timestamp time;
    if (!put(date, clock, "") || !parser.parse(rfc3339(), time)) continue;
    const int64_t ahead = time.unix_ns - near_unix_ns;
    if (ahead > kNsPerDay || std::abs(ahead) >= best_distance) continue;
    best_distance = std::abs(ahead);
    best_year = year;
  }
  date.year = best_year;
  is_year_inferred_ = best_year != 0;
  return is_year_inferred_ && put(date, clock, "");
}

}  // namespace sawlog::parsers
