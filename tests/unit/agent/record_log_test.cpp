#include "agent/record_log.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"

namespace sawlog::agent {
namespace {

const std::string kDirectory = "/state/recorded";

class RecordLogTest : public testing::Test {
 protected:
  std::unique_ptr<RecordLog> open() {
    auto log = RecordLog::open(filesystem_, kDirectory,
                               [this](const std::string&, uint64_t) { return is_read_; });
    EXPECT_TRUE(log) << log.error().message;
    return std::move(*log);
  }
  std::string content(const std::string& name) {
    const auto file = filesystem_.open(kDirectory + "/" + name, base::OpenMode::kRead);
    if (!file) return "none";
    std::string text((*file)->stat()->size_bytes, '\0');
    EXPECT_TRUE((*file)->read_at(0, text));
    return text;
  }
  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  bool is_read_ = false;
};

TEST_F(RecordLogTest, WhatWasAppendedSurvivesThePowerCut) {
  const auto log = open();
  ASSERT_TRUE(log->append("one\n"));
  ASSERT_TRUE(log->append("two\n"));
  filesystem_.crash();
  EXPECT_EQ(content("1.json"), "one\ntwo\n");
}

TEST_F(RecordLogTest, GoesOnWithTheLastFileAndEndsATornLine) {
  ASSERT_TRUE(open()->append("one\n"));
  ASSERT_TRUE(open()->append("two\n"));
  EXPECT_EQ(content("1.json"), "one\ntwo\n");
  ASSERT_TRUE((*filesystem_.open(kDirectory + "/1.json", base::OpenMode::kAppend))->append("tor"));
  ASSERT_TRUE(open()->append("three\n"));
  EXPECT_EQ(content("1.json"), "one\ntwo\ntor\nthree\n");
}

TEST_F(RecordLogTest, IsBoundedUntilItWasRead) {
  std::string line(1u << 20, 'x');
  line += '\n';
  const auto log = open();
  size_t count = 0;
  while (log->append(line)) ++count;
  EXPECT_EQ(count, 16);  // four files of four
  const auto refused = log->append(line);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnavailable);
  is_read_ = true;
  EXPECT_TRUE(log->append("small\n"));
  EXPECT_EQ(content("1.json"), "none");
  EXPECT_EQ(content("5.json"), "small\n");
}

}  // namespace
}  // namespace sawlog::agent
