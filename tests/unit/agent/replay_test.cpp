// A replay on the real disk, to a file output, which shows every byte that it was given.
#include "agent/replay.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/posix_filesystem.h"
#include "outputs/dead_letters.h"
#include "parsers/record_id.h"

namespace sawlog::agent {
namespace {

using testing::HasSubstr;

class ReplayTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 ("sawlog-replay-" + std::to_string(getpid()) + "-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
    config_.outputs.emplace_back();
    config_.outputs[0].name = "archive";
    config::FileConfig target;
    target.path = path("archive.json");
    target.compression = config::Compression::kNone;
    config_.outputs[0].target = target;
    config_.outputs[0].batch_age_ns = 1;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  [[nodiscard]] bool is_there(const std::string& name) const {
    return std::filesystem::exists(path(name));
  }

  void set_aside(const std::vector<std::string>& lines, const std::string& output = "archive") {
    auto letters = outputs::DeadLetters::open(filesystem_, clock_,
                                              {.path = path("dead"), .output_name = output});
    ASSERT_TRUE(letters);
    for (const std::string& line : lines) {
      const parsers::RecordId id({}, ++offset_, line);
      ASSERT_TRUE((*letters)->write({.reason_type = "test",
                                     .reason_message = "because",
                                     .record_id = id.text(),
                                     .file_path = "/var/log/app.log",
                                     .offset = offset_,
                                     .line = line}));
    }
    ASSERT_TRUE((*letters)->sync());
  }

  base::Expected<std::unique_ptr<Replay>> open() {
    return Replay::open(config_, {filesystem_, clock_, path("state"), "", ""}, path("dead"));
  }
  ReplayCounts replay() {
    auto opened = open();
    EXPECT_TRUE(opened) << opened.error().message;
    for (int step = 0; step < 10'000 && !(*opened)->is_finished(); ++step) {
      const auto wake = (*opened)->step();
      EXPECT_TRUE(wake) << wake.error().message;
    }
    EXPECT_TRUE((*opened)->is_finished());
    return (*opened)->counts();
  }

  base::PosixFilesystem filesystem_;
  base::SystemClock clock_;
  config::Config config_;
  std::filesystem::path directory_;
  uint64_t offset_ = 0;
};

TEST_F(ReplayTest, SendsEveryByteAndLeavesNothing) {
  const std::vector<std::string> lines = {
      R"({"@timestamp":"2026-11-21T07:06:55Z","msg":"kept as it is","level":"INFO","error":"x"})",
      R"({"@timestamp":"2026-11-21T07:06:55Z","message":"ä \u0000 \"q\"","trace_id":"a","trace.id":"a"})",
      R"({"@timestamp":"2026-11-21T07:06:55Z","a":{"b":[1,2]}})"};
  set_aside(lines);
  EXPECT_EQ(replay().sent, 3);
  EXPECT_EQ(content("archive.json"), lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n");
  EXPECT_FALSE(is_there("dead"));
  EXPECT_FALSE(is_there("dead.replay"));
  EXPECT_FALSE(is_there("dead.replay.sent"));
}

TEST_F(ReplayTest, ASecondReplayDoesNothing) {
  set_aside({"{\"@timestamp\":\"2026-11-21T07:06:55Z\"}"});
  (void)replay();
  const std::string before = content("archive.json");
  EXPECT_EQ(replay().sent, 0);
  EXPECT_EQ(content("archive.json"), before);
}

TEST_F(ReplayTest, GoesOnWhereItWasBrokenOff) {
  std::vector<std::string> lines;
  for (int line = 0; line < 5000; ++line) {
    lines.push_back("{\"@timestamp\":\"2026-11-21T07:06:55Z\",\"n\":" + std::to_string(line) +
                    ",\"text\":\"" + std::string(200, 'x') + "\"}");
  }
  set_aside(lines);
  config_.outputs[0].batch_bytes = 16 << 10;
  uint64_t sent = 0;
  {
    auto first = open();
    ASSERT_TRUE(first);
    while ((*first)->counts().sent < 1000) ASSERT_TRUE((*first)->step());
    sent = (*first)->counts().sent;
    ASSERT_FALSE((*first)->is_finished());
  }
  set_aside({"{\"@timestamp\":\"2026-11-21T07:06:55Z\",\"n\":\"new\"}"});
  EXPECT_EQ(replay().sent, 5000 - sent);
  EXPECT_EQ(replay().sent, 1) << "what came meanwhile is a replay of its own";
}

TEST_F(ReplayTest, WhatNobodyCanSendStays) {
  set_aside({"{\"@timestamp\":\"2026-11-21T07:06:55Z\"}"});
  set_aside({"{\"n\":2}"}, "gone");
  std::ofstream(path("dead"), std::ios::app) << "no letter\n";
  const ReplayCounts counts = replay();
  EXPECT_EQ(counts.sent, 1);
  EXPECT_EQ(counts.unreadable, 1);
  EXPECT_EQ(counts.without_output.at("gone"), 1);
  EXPECT_THAT(content("dead.replay"), HasSubstr("no letter"));
  EXPECT_EQ(replay().sent, 0) << "the one that was sent is noted";
}

TEST_F(ReplayTest, ATornLogOfAnotherFileSaysNothing) {
  set_aside({"{\"@timestamp\":\"2026-11-21T07:06:55Z\"}"});
  std::ofstream(path("dead.replay.sent")) << "sawlog replay 1 1 1\n0\n12";
  EXPECT_EQ(replay().sent, 1);
}

TEST_F(ReplayTest, OneAtATime) {
  set_aside({"{\"@timestamp\":\"2026-11-21T07:06:55Z\"}"});
  const auto first = open();
  ASSERT_TRUE(first);
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another replay"));
}

TEST_F(ReplayTest, WithoutLettersItIsFinished) {
  const auto opened = open();
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->is_finished());
}

}  // namespace
}  // namespace sawlog::agent
