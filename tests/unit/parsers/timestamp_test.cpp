#include "parsers/timestamp.h"

#include <string>

#include <gtest/gtest.h>

#include "parsers/textual_time.h"

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
                           "2026/13/21 07:06:55",
                           "Nov 21 07:06:55",
                           "31/Nov/2026:07:06:55 +0000",
                           "20x6-11-21T07:06:55Z"})
    check_none(text);
}

TEST(Timestamp, textual_forms) {
  constexpr int64_t kTime = kNovember * kSecond;
  check("21/Nov/2026:08:06:55 +0100", kTime);
  check("2026/11/21 07:06:55", kTime);
  check("2026/11/21 07:06:55.5", kTime + kSecond / 2);
  check("Sat, 21 Nov 2026 07:06:55 GMT", kTime);
  check("Sat, 21 Nov 2026 02:06:55 EST", kTime);
  check("Sat, 21 Nov 2026 07:06:55 +0000", kTime);
  check("Sat Nov 21 07:06:55 2026", kTime);
  check("Sat Nov  1 07:06:55 2026", kTime - 20 * 86'400 * kSecond);
  check("Sat Nov 21 07:06:55 UTC 2026", kTime);
  check("30/Jun/2026:23:59:60 +0000", 1'782'864'000 * kSecond);
}

TEST(TextualTime, the_year_is_the_nearest) {
  constexpr int64_t kDay = 86'400 * kSecond;
  const auto year_of = [](std::string_view text, int64_t near_unix_ns) {
    TextualTime time;
    return time.read(text, near_unix_ns) ? std::string(time.rfc3339().substr(0, 4)) : "none";
  };
  constexpr int64_t kTime = kNovember * kSecond;
  EXPECT_EQ(year_of("Nov 21 07:06:55", kTime), "2026");
  EXPECT_EQ(year_of("Nov 22 06:06:55", kTime), "2026") << "a clock may be a day ahead";
  EXPECT_EQ(year_of("Nov 22 08:06:55", kTime), "2025");
  EXPECT_EQ(year_of("Dec 31 23:59:59", kTime), "2025");
  EXPECT_EQ(year_of("Jan  1 00:00:01", kTime + 40 * kDay), "2027");
  EXPECT_EQ(year_of("Jan  1 00:00:01", kTime + 30 * kDay), "2026");
  EXPECT_EQ(year_of("Dec 31 23:59:59", kTime + 41 * kDay), "2026") << "over new year";
  EXPECT_EQ(year_of("Feb 29 00:00:00", kTime), "none") << "neither 2025 nor 2026 nor 2027";
  EXPECT_EQ(year_of("1121 07:06:55.123", kTime), "2026");
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
