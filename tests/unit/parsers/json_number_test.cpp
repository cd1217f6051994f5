// The two ways to scan a number say the same of every text.
#include <random>

#include <gtest/gtest.h>

#include "parsers/json_walker.h"

namespace sawlog::parsers {
namespace {

void check_same(const std::string& text) {
  const std::string padded = text + "1.5e7,\"x\"";
  const char* const begin = padded.data();
  const char* const end = begin + text.size();
  JsonNumber slow;
  JsonNumber quick;
  const ValueKind kind = scan_number(begin, end, slow);
  ASSERT_EQ(scan_short_number(begin, end, quick), kind) << text;
  if (kind == ValueKind::kAbsent) return;
  EXPECT_EQ(quick.is_exact, slow.is_exact) << text;
  if (!slow.is_exact) return;
  EXPECT_EQ(quick.mantissa, slow.mantissa) << text;
  EXPECT_EQ(quick.fraction_digits, slow.fraction_digits) << text;
}

TEST(JsonNumber, ShortAndLongAgree) {
  for (const char* const text : {"",
                                 "0",
                                 "7",
                                 "00",
                                 "01",
                                 "0.5",
                                 ".5",
                                 "5.",
                                 "-1",
                                 "-",
                                 "1.2.3",
                                 "12345678",
                                 "123456789",
                                 "1234.567",
                                 "0.000001",
                                 "1e5",
                                 "1E+2",
                                 "12x",
                                 "x12",
                                 "1 ",
                                 " 1",
                                 "1,",
                                 "99999999",
                                 "..",
                                 "/1",
                                 ":1",
                                 "1/",
                                 "1:",
                                 "1.0:",
                                 "\xff"
                                 "1"})
    check_same(text);
  std::mt19937 random(1);
  constexpr std::string_view kLetters = "00123456789.-e/:";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 11, '0');
    for (char& letter : text) letter = kLetters[random() % kLetters.size()];
    check_same(text);
  }
}

void check_small_units(std::string_view text, uint32_t digits, std::optional<int64_t> want) {
  JsonNumber number;
  ASSERT_NE(scan_number(text.data(), text.data() + text.size(), number), ValueKind::kAbsent);
  EXPECT_EQ(number.in_small_units(digits), want) << text;
}

TEST(JsonNumber, SmallUnits) {
  check_small_units("12.345", 6, 12'345'000);
  check_small_units("12.345", 3, 12'345);
  check_small_units("-0.5", 9, -500'000'000);
  check_small_units("12.345", 2, std::nullopt);
  check_small_units("7", 0, 7);
  check_small_units("9999999999.5", 9, std::nullopt);
  check_small_units("1e3", 9, std::nullopt);
}

}  // namespace
}  // namespace sawlog::parsers
