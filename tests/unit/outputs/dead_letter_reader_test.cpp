#include "outputs/dead_letter_reader.h"

#include <gtest/gtest.h>

#include "outputs/dead_letters.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::outputs {
namespace {

class DeadLetterReaderTest : public testing::Test {
 protected:
  void SetUp() override { disk_.make_directory("/state"); }
  DeadLetterReader open() {
    return DeadLetterReader(*disk_.open("/state/dead", base::OpenMode::kRead));
  }
  std::vector<ReadLetter> read_all() {
    DeadLetterReader reader = open();
    std::vector<ReadLetter> letters;
    for (;;) {
      auto letter = reader.next();
      EXPECT_TRUE(letter);
      if (!letter || !*letter) return letters;
      letters.push_back(std::move(**letter));
    }
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem disk_{clock_};
};

TEST_F(DeadLetterReaderTest, ReadsWhatWasWrittenByteForByte) {
  const std::vector<std::string> lines = {
      R"({"message":"a \"b\" \\ \u0000"})",
      "",
      "\xFF",
      "a\xFF",
      "ab\xFF",
      "\xEF\xBF\xBD",
      std::string(700'000, 'x') + "\t\n\r\x01 \xF0\x9F\xAA\xB5"};
  auto letters = DeadLetters::open(disk_, clock_, {.path = "/state/dead", .output_name = "search"});
  ASSERT_TRUE(letters);
  for (size_t index = 0; index < lines.size(); ++index) {
    ASSERT_TRUE((*letters)->write({.reason_type = "type",
                                   .reason_message = "\"line\":\"no\"",
                                   .record_id = "id-" + std::to_string(index),
                                   .file_path = "/var/log/a b.log",
                                   .offset = UINT64_MAX - index,
                                   .line = lines[index]}));
  }
  const auto read = read_all();
  ASSERT_EQ(read.size(), lines.size());
  uint64_t end = 0;
  for (size_t index = 0; index < lines.size(); ++index) {
    EXPECT_TRUE(read[index].is_readable);
    EXPECT_EQ(read[index].begin, end);
    end = read[index].end;
    EXPECT_EQ(read[index].output, "search");
    EXPECT_EQ(read[index].record_id, "id-" + std::to_string(index));
    EXPECT_EQ(read[index].file_path, "/var/log/a b.log");
    EXPECT_EQ(read[index].offset, UINT64_MAX - index);
    EXPECT_EQ(read[index].line, lines[index]);
  }
  EXPECT_EQ(end, disk_.content("/state/dead").size());
}

TEST_F(DeadLetterReaderTest, SaysWhatIsNoLetter) {
  disk_.write_file("/state/dead",
                   "no JSON\n{}\n[1]\n\n{\"output\":\"a\",\"record.id\":\"b\","
                   "\"log.file.path\":\"c\",\"log.offset\":1,\"line_base64\":\"*\"}\n");
  const auto letters = read_all();
  ASSERT_EQ(letters.size(), 5);
  for (const ReadLetter& letter : letters) EXPECT_FALSE(letter.is_readable);
}

TEST_F(DeadLetterReaderTest, ATornLastLineIsNotGiven) {
  disk_.write_file("/state/dead", "first\n{\"output\":");
  EXPECT_EQ(read_all().size(), 1);
}

}  // namespace
}  // namespace sawlog::outputs
