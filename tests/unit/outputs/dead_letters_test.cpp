#include "outputs/dead_letters.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::outputs {
namespace {

constexpr const char* kPath = "/state/dead/search";

class DeadLettersTest : public testing::Test {
 protected:
  std::unique_ptr<DeadLetters> open(uint64_t bytes_max = 1u << 20) {
    auto opened = DeadLetters::open(disk_, clock_, {kPath, bytes_max, "search"});
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }
  static DeadLetter letter(std::string_view id, std::string_view line,
                           std::string_view reason = "mapping") {
    return {reason, "object expected", id, "/var/log/a.log", 77, line};
  }
  [[nodiscard]] std::string content() const { return disk_.content(kPath); }
  [[nodiscard]] ptrdiff_t line_count() const {
    const std::string text = content();
    return std::count(text.begin(), text.end(), '\n');
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(DeadLettersTest, WritesTheLineWithItsReason) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("id-1", R"({"message":"a \"b\""})")));
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(content(),
            R"({"@timestamp":"2026-11-21T07:00:01.000000Z","output":"search",)"
            R"("reason.type":"mapping","reason.message":"object expected","record.id":"id-1",)"
            R"("log.file.path":"/var/log/a.log","log.offset":77,)"
            R"("line":"{\"message\":\"a \\\"b\\\"\"}"})"
            "\n");
  EXPECT_EQ(letters->size_bytes(), content().size());
}

TEST_F(DeadLettersTest, KeepsTheExactBytesOfALine) {
  const auto check = [&](std::string_view id, std::string_view line, std::string_view want) {
    auto letters = open();
    ASSERT_TRUE(letters->write(letter(id, line)));
    ASSERT_TRUE(letters->sync());
    EXPECT_TRUE(content().ends_with(std::string(want) + "}\n")) << content();
  };
  check("text", "a\tb\n", R"("line":"a\tb\n")");
  check("already replaced", "\xEF\xBF\xBD", "\"line\":\"\xEF\xBF\xBD\"");
  check("not UTF-8, 1 byte", "\xFF", R"("line_base64":"/w==")");
  check("not UTF-8, 2 bytes", "a\xFF", R"("line_base64":"Yf8=")");
  check("not UTF-8, 3 bytes", "ab\xFF", R"("line_base64":"YWL/")");
  check("not UTF-8, 4 bytes", "abc\xFF", R"("line_base64":"YWJj/w==")");
}

TEST_F(DeadLettersTest, CountsByReasonWhenDurable) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("1", "{}", "mapping")));
  ASSERT_TRUE(letters->write(letter("2", "{}", "mapping")));
  ASSERT_TRUE(letters->write(letter("3", "{}", "too_large")));
  EXPECT_TRUE(letters->counts().empty());
  ASSERT_TRUE(letters->sync());
  const auto counts = letters->counts();
  ASSERT_EQ(counts.size(), 2);
  EXPECT_EQ(counts[0].reason, "mapping");
  EXPECT_EQ(counts[0].lines, 2);
  EXPECT_EQ(counts[1].reason, "too_large");
  EXPECT_EQ(counts[1].lines, 1);
}

// Whoever takes the file away must find in it all that counts as set aside (sawlog replay).
TEST_F(DeadLettersTest, WhatWasWrittenWhileTheFileWasTakenIsWrittenAgain) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("1", "{}")));
  ASSERT_TRUE(disk_.rename(kPath, "/state/dead/taken"));
  EXPECT_FALSE(letters->sync());
  EXPECT_TRUE(letters->counts().empty());
  ASSERT_TRUE(letters->write(letter("1", "{}")));
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(line_count(), 1) << "in the new file";
  EXPECT_EQ(letters->counts()[0].lines, 1);
}

TEST_F(DeadLettersTest, ManyReasonsStayBounded) {
  auto letters = open();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(letters->write(letter(std::to_string(i), "{}", "reason" + std::to_string(i))));
  }
  ASSERT_TRUE(letters->sync());
  EXPECT_LE(letters->counts().size(), DeadLetters::kReasonsMax + 1);
  uint64_t lines = 0;
  for (const DeadLetterCount& count : letters->counts()) lines += count.lines;
  EXPECT_EQ(lines, 200);
}

TEST_F(DeadLettersTest, FullRefusesAndGoesOnWhenEmptied) {
  auto letters = open(600);
  ASSERT_TRUE(letters->write(letter("1", std::string(200, 'x'))));
  ASSERT_TRUE(letters->sync());
  const auto refused = letters->write(letter("2", std::string(200, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kNoSpace);
  EXPECT_EQ(line_count(), 1);
  disk_.move(kPath, "/state/dead/taken");
  // The operator took the file away: there is room again.
  ASSERT_TRUE(letters->write(letter("2", std::string(200, 'x'))));
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(line_count(), 1);
}

TEST_F(DeadLettersTest, GoesOnInANewFileWhenTheOldOneIsTaken) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("1", "{}")));
  ASSERT_TRUE(letters->sync());
  disk_.move(kPath, "/state/dead/taken");
  ASSERT_TRUE(letters->write(letter("2", "{}")));
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(line_count(), 1);
  EXPECT_NE(content().find("\"record.id\":\"2\""), std::string::npos);
}

TEST_F(DeadLettersTest, TheSameRecordStandsOnce) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("1", R"({"x":"\"record.id\":\"2\""})")));
  ASSERT_TRUE(letters->write(letter("1", "{}")));
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(line_count(), 1);
  EXPECT_EQ(letters->counts()[0].lines, 2) << "it was refused twice, and is counted twice";
  letters.reset();
  letters = open();
  ASSERT_TRUE(letters->write(letter("1", "{}")));  // refused again after a crash
  ASSERT_TRUE(letters->write(letter("2", "{}")));  // only named inside another line
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(line_count(), 2);
}

TEST_F(DeadLettersTest, CutsATornLineOff) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("1", "{}")));
  ASSERT_TRUE(letters->write(letter("2", "{}")));
  ASSERT_TRUE(letters->sync());
  letters.reset();
  const std::string whole = content();
  const size_t first = whole.find('\n') + 1;
  for (size_t size = first; size < whole.size(); ++size) {
    disk_.write_file(kPath, std::string_view(whole).substr(0, size));
    open();
    EXPECT_EQ(content().size(), first);
  }
}

TEST_F(DeadLettersTest, WhatWasSyncedSurvivesAPowerCut) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("1", "{}")));
  ASSERT_TRUE(letters->sync());
  const std::string durable = content();
  ASSERT_TRUE(letters->write(letter("2", "{}")));
  letters.reset();
  disk_.crash(40);
  letters = open();
  EXPECT_EQ(content(), durable);
  ASSERT_TRUE(letters->write(letter("2", "{}")));
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(line_count(), 2);
}

// Whatever call fails, writing the same letters again until both calls succeed leaves each once.
TEST_F(DeadLettersTest, AfterAFailureTheLettersAreWrittenAgain) {
  for (const int error : {ENOSPC, EIO}) {
    for (uint64_t fault = 0; fault < 8; ++fault) {
      SCOPED_TRACE(fault);
      auto letters = open();
      disk_.fail_change(fault, error);
      const auto write_all = [&] {
        for (const char* id : {"1", "2", "3"}) {
          if (!letters->write(letter(id, "{}"))) return false;
        }
        return letters->sync().has_value();
      };
      for (int round = 0; !write_all(); ++round) ASSERT_LT(round, 3);
      EXPECT_EQ(line_count(), 3);
      letters.reset();
      disk_.fail_change(UINT64_MAX, 0);
      disk_.unlink(kPath);
    }
  }
}

TEST_F(DeadLettersTest, LeavesAForeignFileAlone) {
  open();
  disk_.write_file(kPath, "a diary");
  auto opened = DeadLetters::open(disk_, clock_, {kPath, 1000, "search"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
  EXPECT_EQ(content(), "a diary");
}

}  // namespace
}  // namespace sawlog::outputs
