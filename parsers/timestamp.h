// Times as services write them → ns since 1970 UTC.
//
// Text: RFC 3339 (https://www.rfc-editor.org/rfc/rfc3339) and its neighbours:
//   2026-11-21T07:06:55.123456Z, also with a space or lower-case t and z, with , for the decimal
//   point (Python's logging), without seconds' fraction, with offsets +02:00 +0200 +02 (a space may
//   be before them). Without a zone it is UTC. A leap second (:60) is the second after it. Digits
//   of the fraction behind the ninth are left out. Also the forms of textual_time.h that have a
//   year.
// Numbers (or text that is one): the epoch in s, ms, µs or ns, told by the magnitude. The four
//   ranges do not touch: 1973 to 2262 in each unit. 12.5 or 20261121070655 are in none of them.
//
// What is out of range (before 1970, after 2262-04-11) or not a date (February 30) is no time: no
// time is better than a wrong one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sawlog::parsers {

struct Timestamp {
  int64_t unix_ns = 0;
  // The text is RFC 3339 in UTC as "@timestamp" wants it: with T, Z, and at most nine digits.
  bool is_canonical = false;
  bool operator==(const Timestamp&) const = default;
};

// Remembers the last minute that it read, as the next line is most likely of the same one.
class TimestampParser {
 public:
  // text: the content of a JSON string. False, with time unchanged, if it is no time.
  [[nodiscard]] bool parse(std::string_view text, Timestamp& time);

 private:
  [[nodiscard]] bool parse_other(std::string_view text, Timestamp& time);
  [[nodiscard]] bool read_minute(std::string_view text);

  std::array<char, 16> minute_text_{};  // "2026-11-21T07:06"
  int64_t minute_unix_s_ = 0;
};

// text: a JSON number.
[[nodiscard]] std::optional<int64_t> parse_epoch(std::string_view text);

}  // namespace sawlog::parsers
