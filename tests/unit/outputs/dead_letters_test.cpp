#include "outputs/dead_letters.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "lib/base/posix_filesystem.h"

namespace sawlog::outputs {
namespace {

class FixedClock final : public base::Clock {
 public:
  int64_t unix_ns() const override { return 1'795'244'815'123'456'789; }
  int64_t monotonic_ns() const override { return 0; }
};

class DeadLettersTest : public testing::Test {
 protected:
  DeadLettersTest() {
    std::string pattern = testing::TempDir() + "dead_letters.XXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/dead/search";
  }
  ~DeadLettersTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<DeadLetters> open(uint64_t bytes_max = 1u << 20) {
    auto opened = DeadLetters::open(filesystem_, clock_, {path_, bytes_max, "search"});
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }
  static DeadLetter letter(std::string_view id, std::string_view line,
                           std::string_view reason = "mapping") {
    return {reason, "object expected", id, "/var/log/a.log", 77, line};
  }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void set_content(const std::string& text) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
  }
  size_t line_count() const {
    const std::string text = content();
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  base::PosixFilesystem filesystem_;
  FixedClock clock_;
  std::string directory_;
  std::string path_;
};

TEST_F(DeadLettersTest, WritesTheLineWithItsReason) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("id-1", R"({"message":"a \"b\""})")));
  ASSERT_TRUE(letters->sync());
  EXPECT_EQ(content(),
            R"({"@timestamp":"2026-11-21T07:06:55.123456Z","output":"search",)"
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
  std::filesystem::rename(path_, path_ + ".taken");
  ASSERT_TRUE(letters->sync());
  // The operator took the file away: there is room again.
  auto again = open(600);
  ASSERT_TRUE(again->write(letter("2", std::string(200, 'x'))));
  ASSERT_TRUE(again->sync());
  EXPECT_EQ(line_count(), 1);
}

TEST_F(DeadLettersTest, GoesOnInANewFileWhenTheOldOneIsTaken) {
  auto letters = open();
  ASSERT_TRUE(letters->write(letter("1", "{}")));
  ASSERT_TRUE(letters->sync());
  std::filesystem::rename(path_, path_ + ".taken");
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
    set_content(whole.substr(0, size));
    open();
    EXPECT_EQ(content().size(), first);
  }
}

TEST_F(DeadLettersTest, LeavesAForeignFileAlone) {
  open();
  set_content("a diary");
  auto opened = DeadLetters::open(filesystem_, clock_, {path_, 1000, "search"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupt);
  EXPECT_EQ(content(), "a diary");
}

}  // namespace
}  // namespace sawlog::outputs
