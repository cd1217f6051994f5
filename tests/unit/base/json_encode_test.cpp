#include "lib/base/json_encode.h"

#include <cfloat>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace sawlog::base {
namespace {

std::string json_string(std::string_view text) {
  std::string appended = "before";
  append_json_string(appended, text);
  std::string written(json_string_bytes_max(text.size()), '?');
  written.resize(static_cast<size_t>(write_json_string(written.data(), text) - written.data()));
  EXPECT_EQ(appended, "before" + written);  // both forms say the same
  return written;
}

void check_string(std::string_view text, std::string_view want) {
  EXPECT_EQ(json_string(text), want);
}

TEST(JsonEncode, CopiesWhatIsPlain) {
  check_string("", R"("")");
  check_string("order placed", R"("order placed")");
  check_string("/a?b=c&d=<e>\x7f", "\"/a?b=c&d=<e>\x7f\"");
  check_string("grüße 世界 🎉", R"("grüße 世界 🎉")");
}

TEST(JsonEncode, EscapesControlCharactersAndQuotes) {
  check_string("say \"hi\" \\ now", R"("say \"hi\" \\ now")");
  check_string("a\nb\rc\td", R"("a\nb\rc\td")");
  check_string(std::string_view("nul\0x\x01\x1f", 7), R"("nul\u0000x\u0001\u001f")");
}

TEST(JsonEncode, ReplacesEachBrokenSequenceOnce) {
  check_string("\x80", "\"\uFFFD\"");                                // continuation alone
  check_string("\xC0\xAF", "\"\uFFFD\uFFFD\"");                      // overlong
  check_string("\xE2\x82", "\"\uFFFD\"");                            // cut at the end
  check_string("\xE2\x82x", "\"\uFFFDx\"");                          // cut in the middle
  check_string("\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\"");            // surrogate
  check_string("\xF4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\"");  // above U+10FFFF
  check_string("\xF0\x9F\x8E", "\"\uFFFD\"");
  check_string("\xFF\xFE", "\"\uFFFD\uFFFD\"");
}

TEST(JsonEncode, FindsSpecialBytesAtEveryPlace) {
  for (size_t size = 1; size < 70; ++size) {
    for (size_t at = 0; at < size; ++at) {
      std::string text(size, 'x');
      text[at] = '\n';
      std::string want = text;
      want.replace(at, 1, "\\n");
      check_string(text, "\"" + want + "\"");
    }
  }
}

void check_time(int64_t unix_ns, std::string_view want) {
  std::string out;
  append_rfc3339(out, unix_ns);
  EXPECT_EQ(out, want);
}

TEST(Rfc3339, WritesMicrosecondsUtc) {
  check_time(0, "1970-01-01T00:00:00.000000Z");
  check_time(1'795'244'815'123'456'789, "2026-11-21T07:06:55.123456Z");
  check_time(951'782'400'000'000'000, "2000-02-29T00:00:00.000000Z");
  check_time(4'107'542'399'999'999'999, "2100-02-28T23:59:59.999999Z");
  check_time(-1, "1969-12-31T23:59:59.999999Z");
  check_time(INT64_MAX, "2262-04-11T23:47:16.854775Z");
  check_time(INT64_MIN, "1677-09-21T00:12:43.145224Z");
}

TEST(Rfc3339, KeptSecondGivesTheSameText) {
  Rfc3339Writer writer;
  std::array<char, kRfc3339Bytes> text;
  for (const int64_t unix_ns : {5'000'000'000LL, 5'999'999'999LL, 4'000'000'000LL, -5LL, 0LL}) {
    EXPECT_EQ(writer.write(text.data(), unix_ns), text.data() + text.size());
    std::string want;
    append_rfc3339(want, unix_ns);
    EXPECT_EQ(std::string(text.data(), text.size()), want);
  }
}

TEST(JsonNumbers, Integers) {
  std::string out;
  append_integer(out, INT64_MIN);
  out.push_back(' ');
  append_unsigned(out, UINT64_MAX);
  EXPECT_EQ(out, "-9223372036854775808 18446744073709551615");
}

std::string number(double value) {
  std::string out;
  append_double(out, value);
  return out;
}

TEST(JsonNumbers, DoublesAreShortAndKeepTheirType) {
  EXPECT_EQ(number(12.5), "12.5");
  EXPECT_EQ(number(12), "12.0");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-0.0), "-0.0");
  EXPECT_EQ(number(1234.005), "1234.005");
  EXPECT_EQ(number(0.000001), "0.000001");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number(DBL_MIN), "2.2250738585072014e-308");
}

TEST(JsonNumbers, NonFiniteBecomesText) {
  EXPECT_EQ(number(std::nan("")), R"("NaN")");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), R"("Infinity")");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), R"("-Infinity")");
}

TEST(JsonNumbers, FloatsKeepTheirOwnShortestText) {
  std::array<char, kNumberBytesMax> text;
  EXPECT_EQ(std::string(text.data(), write_float(text.data(), 0.1F)), "0.1");
}

void check_reads_back(double value) {
  const std::string text = number(value);
  double read = 0;
  std::from_chars(text.data(), text.data() + text.size(), read);
  EXPECT_EQ(std::memcmp(&read, &value, sizeof(value)), 0) << text;
}

TEST(JsonNumbers, DoublesReadBackTheSame) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t bits = random();
    double any = 0;
    std::memcpy(&any, &bits, sizeof(any));
    if (std::isfinite(any)) check_reads_back(any);
    check_reads_back(static_cast<double>(bits % 10'000'000'000) / 1e6);
    check_reads_back(-static_cast<double>(bits % 1'000'000) / 100);
  }
}

}  // namespace
}  // namespace sawlog::base
