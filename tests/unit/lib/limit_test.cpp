// Limits for one place in the code.
#include <thread>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog {
namespace {

using namespace std::chrono_literals;

class LimitTest : public ::testing::Test {
 protected:
  LimitTest() { start({.service = "s", .file = logs_.path("log"), .when_full = block}); }

  // Each line's log.suppressed, -1 where there is none.
  std::vector<int> suppressed() {
    stop();
    std::vector<int> numbers;
    for (const std::string& line : logs_.lines("log")) {
      const std::string key = "\"log.suppressed\":";
      const size_t at = line.find(key);
      numbers.push_back(at == std::string::npos ? -1 : std::stoi(line.substr(at + key.size())));
    }
    return numbers;
  }

  LogDirectory logs_;
  const Logger log_ = get("limit").with({{"tenant", "t"}});
};

TEST_F(LimitTest, SampleLetsTheFirstOfEachNThrough) {
  for (int i = 0; i < 7; ++i) log_.limited(sample(3)).info("x", {{"n", i}});
  EXPECT_EQ(suppressed(), (std::vector<int>{-1, 2, 2}));
  for (const std::string& line : logs_.lines("log")) {
    EXPECT_NE(line.find(R"("tenant":"t")"), std::string::npos);
    EXPECT_NE(line.find(R"("log.origin.file.name":"limit_test.cpp")"), std::string::npos);
  }
}

TEST_F(LimitTest, EveryLetsOneThroughInItsTime) {
  const auto begin = std::chrono::steady_clock::now();
  int calls = 0;
  for (; std::chrono::steady_clock::now() - begin < 90ms; ++calls) {
    log_.limited(every(40ms)).warn("x");
  }
  const std::vector<int> got = suppressed();
  EXPECT_GE(got.size(), 2U);
  EXPECT_LE(got.size(), 3U);
  EXPECT_GT(got[1], 0);
}

TEST_F(LimitTest, EachPlaceCountsForItself) {
  for (int i = 0; i < 2; ++i) {
    log_.limited(every(1h)).info("here");
    log_.limited(every(1h)).info("there");
  }
  EXPECT_EQ(suppressed(), (std::vector<int>{-1, -1}));
}

TEST_F(LimitTest, WhatIsOffDoesNotCount) {
  set_level("limit", Level::warn);
  for (int i = 0; i < 2; ++i) {
    log_.limited(every(1h)).log(i == 0 ? Level::info : Level::warn, "x");
  }
  set_level("limit", Level::info);
  EXPECT_EQ(suppressed(), (std::vector<int>{-1}));
}

TEST_F(LimitTest, CountsExactlyOverThreads) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 10'000;
  const auto call = [this] { log_.limited(sample(1'000)).info("x"); };  // one place
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&call] {
      for (int i = 0; i < kCalls; ++i) call();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<int> got = suppressed();
  EXPECT_EQ(got.size(), size_t{kThreads * kCalls / 1'000});
}

}  // namespace
}  // namespace sawlog
