#include "parsers/timestamp.h"

#include <string>

#include <gtest/gtest.h>

namespace sawlog::parsers {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNovember = 1'795'244'815;  // 2026-11-21T07:06:55Z

std::optional<Timestamp> parsed(TimestampParser& parser, std::string_view text) {
  Timestamp time;
  return parser.parse(text, time) ? std::optional(time) : std::nullopt;
}

// ns; with kept, the text may stand in "@timestamp" as it is.
void check(std::string_view text, int64_t want_ns, bool kept = false) {
  TimestampParser parser;
  const std::optional<Timestamp> time = parsed(parser, text);
  ASSERT_TRUE(time) << text;
  EXPECT_EQ(time->unix_ns, want_ns) << text;
  EXPECT_EQ(time->is_canonical, kept) << text;
  EXPECT_EQ(parsed(parser, text), time) << text << " again";
}

void check_none(std::string_view text) {
  TimestampParser parser;
  EXPECT_FALSE(parsed(parser, text)) << text;
}

TEST(Timestamp, rfc_3339) {
  check("2026-11-21T07:06:55Z", kNovember * kSecond, true);
  check("2026-11-21T07:06:55.1Z", kNovember * kSecond + 100'000'000, true);
  check("2026-11-21T07:06:55.123456Z", kNovember * kSecond + 123'456'000, true);
  check("2026-11-21T07:06:55.123456789Z", kNovember * kSecond + 123'456'789, true);
  check("2026-11-21T07:06:55.1234567891Z", kNovember * kSecond + 123'456'789);
  check("2026-11-21t07:06:55z", kNovember * kSecond);
  check("2026-11-21 07:06:55Z", kNovember * kSecond);
  check("2026-11-21T09:06:55.5+02:00", kNovember * kSecond + 500'000'000);
  check("2026-11-21T02:36:55-0430", kNovember * kSecond);
  check("2026-11-21T08:06:55+01", kNovember * kSecond);
  check("2026-11-21T07:06:55+00:00", kNovember * kSecond);
  check("2026-11-20T23:06:55-08:00", kNovember * kSecond);
}

TEST(Timestamp, neighbours_of_rfc_3339) {
  check("2026-11-21 07:06:55,123", kNovember * kSecond + 123'000'000);  // Python's logging
  check("2026-11-21T07:06:55.123456", kNovember * kSecond + 123'456'000);
  check("2026-11-21 07:06:55", kNovember * kSecond);
  check("2026-11-21 07:06", (kNovember - 55) * kSecond);
  check("2026-11-21T07:06Z", (kNovember - 55) * kSecond);
  check("2026-11-21 07:06:55 +0100", (kNovember - 3600) * kSecond);
  check("2026-11-21 07:06:55 UTC", kNovember * kSecond);
}

TEST(Timestamp, calendar) {
  check("1970-01-01T00:00:00Z", 0, true);
  check("2000-02-29T00:00:00Z", 951'782'400 * kSecond, true);
  check("2100-03-01T00:00:00Z", 4'107'542'400 * kSecond, true);
  check("2262-04-11T23:47:15Z", 9'223'372'035 * kSecond, true);
  check("2016-12-31T23:59:60Z", 1'483'228'800 * kSecond);  // leap second
  check("1969-12-31T23:00:00-01:00", 0);
}

TEST(Timestamp, epochs_by_magnitude) {
  check("1795244815", kNovember * kSecond);
  check("1795244815.25", kNovember * kSecond + 250'000'000);
  check("1795244815.123456789123", kNovember * kSecond + 123'456'789);
  check("1795244815123", kNovember * kSecond + 123'000'000);
  check("1795244815123.5", kNovember * kSecond + 123'500'000);
  check("1795244815123456", kNovember * kSecond + 123'456'000);
  check("1795244815123456789", kNovember * kSecond + 123'456'789);
  check("1.795244815e9", kNovember * kSecond);
  check("1.795244815E+12", 1'795'244'815 * kSecond);
}

TEST(Timestamp, no_time_is_better_than_a_wrong_one) {
  for (const char* text : {"",
                           "-",
                           "now",
                           "12.5",
                           "0",
                           "-1795244815",
                           "99999999",
                           "20261121070655",
                           "10000000000",
                           "99999999999999999999999",
                           "1e300",
                           "1e-5",
                           "1795244815x",
                           "1795244815.1.2",
                           "NaN",
                           "1e",
                           "2026-11-21",
                           "2026-11-21T",
                           "2026-11-21T07",
                           "2026-11-21T0706",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00ZZ",
                           "2026-01-01T00:00:00+25:00",
                           "2026-01-01T00:00:00+1",
                           "2026-01-01T00:00:00+01:0",
                           "2026-01-01T00:00:00 CET",
                           "0001-01-01T00:00:00Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+01:00",
                           "2263-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z",
                           "2026-1x-01T00:00:00Z",
                           "2026/11/21 07:06:55",
                           "20x6-11-21T07:06:55Z"})
    check_none(text);
}

TEST(Timestamp, the_remembered_minute_does_not_hide_a_difference) {
  TimestampParser parser;
  EXPECT_EQ(parsed(parser, "2026-11-21T07:06:55Z")->unix_ns, kNovember * kSecond);
  EXPECT_EQ(parsed(parser, "2026-11-21T07:07:55Z")->unix_ns, (kNovember + 60) * kSecond);
  EXPECT_FALSE(parsed(parser, "2026-11-31T07:07:55Z"));
  EXPECT_EQ(parsed(parser, "2026-11-21T07:07:55Z")->unix_ns, (kNovember + 60) * kSecond);
  EXPECT_FALSE(parsed(parser, std::string(16, '\0')));
}

}  // namespace
}  // namespace sawlog::parsers
