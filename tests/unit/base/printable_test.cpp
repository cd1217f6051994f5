#include "lib/base/printable.h"

#include <gtest/gtest.h>

namespace sawlog::base {
namespace {

void check(std::string_view input, std::string_view want) {
  EXPECT_EQ(printable(input), want);
}

TEST(Printable, TextStays) {
  check("", "");
  check("order placed\tfor Zoë, 3 € 🪵", "order placed\tfor Zoë, 3 € 🪵");
  check(R"(C:\x1b)", R"(C:\x1b)");
}

TEST(Printable, WhatSteersATerminalIsShown) {
  check("a\nb\r", R"(a\x0ab\x0d)");
  check("\x1b[2J\x1b]0;title\x07", R"(\x1b[2J\x1b]0;title\x07)");
  check("\x7f", R"(\x7f)");
  check(std::string_view("\0", 1), R"(\x00)");
  check(
      "\xc2\x9b"
      "31m",
      R"(\x9b31m)");  // CSI as one character of the C1 range
}

TEST(Printable, BrokenUtf8) {
  check(
      "\x9b"
      "31m",
      R"(\x9b31m)");
  check("\xc3", R"(\xc3)");
  check("\xe2\x82", R"(\xe2\x82)");
  check("\xff\xfe", R"(\xff\xfe)");
}

}  // namespace
}  // namespace sawlog::base
