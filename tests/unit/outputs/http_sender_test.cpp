#include "outputs/http_sender.h"

#include <gtest/gtest.h>

#include "tests/unit/outputs/http_sender_fixture.h"

namespace sawlog::outputs {
namespace {

constexpr int64_t kSecond = base::kNsPerSecond;

TEST_F(HttpSenderTest, SendsWhatIsFullAtOnceAndTheRestByAge) {
  make();
  give({"one", "two", "three", "four"});
  sender_->step();
  EXPECT_EQ(bodies(), Texts({"one;two;three;"}));
  clock_.advance_ns(kSecond - 1);
  EXPECT_EQ(sender_->step().at_monotonic_ns, clock_.monotonic_ns() + 1);
  clock_.advance_ns(1);
  sender_->step();
  EXPECT_EQ(bodies(), Texts({"one;two;three;", "four;"}));
}

TEST_F(HttpSenderTest, SettlesAChunkWithTheLastOfItsBatches) {
  make();
  give({"one", "two", "three", "four"});
  flush();
  answer_all_created();
  EXPECT_EQ(sink_.lines, 0);
  answer_all_created();
  EXPECT_EQ(sink_.lines, 4);
  EXPECT_EQ(sink_.delivered, 4);
  EXPECT_EQ(sender_->health().state, Health::State::kUp);
}

TEST_F(HttpSenderTest, DrainDoesNotWaitForAge) {
  make();
  give({"one"});
  sender_->step();
  EXPECT_TRUE(bodies().empty());
  flush();
  EXPECT_EQ(bodies(), Texts({"one;"}));
}

TEST_F(HttpSenderTest, StopsReadingWhenFull) {
  make({.bytes_max = 4, .in_flight_max = 2});
  for (const char* const line : {"one", "two", "six"}) {
    EXPECT_TRUE(sender_->wants_more());
    give({line});
    sender_->step();
  }
  EXPECT_FALSE(sender_->wants_more());
  EXPECT_EQ(bodies(), Texts({"one;", "two;"}));
  answer_all_created();
  EXPECT_TRUE(sender_->wants_more());
  EXPECT_EQ(bodies(), Texts({"two;", "six;"}));
}

TEST_F(HttpSenderTest, KeepsItsMemoryLimit) {
  make({.bytes_max = 1000, .in_flight_max = 50, .memory_bytes_max = 1'200'000});
  int chunks = 0;
  for (; sender_->wants_more() && chunks < 1000; ++chunks) {
    give(Texts(10, std::string(10'000, 'x')));
    sender_->step();
    EXPECT_LE(sender_->memory_bytes(), 1'200'000);
  }
  EXPECT_GT(chunks, 0);
  EXPECT_LT(chunks, 20);
}

TEST_F(HttpSenderTest, TooLargeIsHalvedAndRemembered) {
  make({.bytes_max = 400'000, .in_flight_max = 1});
  const std::string long_line(99'999, 'x');
  give({long_line, long_line, long_line, long_line});
  flush();
  ASSERT_EQ(bodies()[0].size(), 400'000);
  server_->answer(413);
  sender_->step();
  ASSERT_EQ(bodies()[0].size(), 200'000);
  answer_all_created();
  ASSERT_EQ(bodies()[0].size(), 200'000);
  answer_all_created();
  EXPECT_EQ(sink_.delivered, 4);
  give({long_line, long_line, long_line, long_line});
  flush();
  EXPECT_EQ(bodies()[0].size(), 200'000);
}

TEST_F(HttpSenderTest, TheSizeLimitIsFoundAndNotTriedForEver) {
  make({.bytes_max = 800'000, .in_flight_max = 1});
  const std::string long_line(9'999, 'x');
  int too_large = 0;
  size_t largest = 0;
  for (int chunk = 0; chunk < 3'000; ++chunk) {
    give(std::vector<std::string>(10, long_line));
    sender_->step();
    while (!server_->waiting().empty()) {
      const size_t size = bodies()[0].size();
      if (size > 500'000) {
        ++too_large;
        server_->answer(413);
        sender_->step();
      } else {
        largest = std::max(largest, size);
        answer_all_created();
      }
    }
  }
  EXPECT_LE(too_large, 5);
  EXPECT_GE(largest, 400'000);
}

TEST_F(HttpSenderTest, ALineThatIsTooLargeAloneIsSetAside) {
  make({.bytes_max = 1000, .in_flight_max = 1});
  give({"one", "large", "two"});
  flush();
  for (const char* const too_large : {"one;large;two;", "one;large;"}) {
    ASSERT_EQ(bodies(), Texts({too_large}));
    server_->answer(413);
    sender_->step();
  }
  EXPECT_EQ(bodies(), Texts({"one;"}));
  answer_all_created();
  EXPECT_EQ(bodies(), Texts({"large;"}));
  server_->answer(413);
  sender_->step();
  EXPECT_EQ(bodies(), Texts({"two;"}));
  answer_all_created();
  EXPECT_EQ(sink_.delivered, 2);
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_NE(dead_letters_text().find(R"("reason.type":"too_large")"), std::string::npos);
}

TEST_F(HttpSenderTest, WhatIsOpenAtTheEndIsUnknown) {
  make();
  give({"one", "two", "three"});
  give({"four"});
  flush();
  answer_items({{201, ""}, {201, ""}, {503, "unavailable_shards_exception"}});
  sender_.reset();
  EXPECT_EQ(sink_.lines, 0);
  EXPECT_EQ(sink_.unknown_lines, 4);
}

TEST_F(HttpSenderTest, SaysWhenToComeBack) {
  make();
  EXPECT_EQ(sender_->step().at_monotonic_ns, INT64_MAX);
  give({"one"});
  EXPECT_EQ(sender_->step().at_monotonic_ns, clock_.monotonic_ns() + kSecond);
  flush();
  EXPECT_EQ(sender_->step().at_monotonic_ns, INT64_MAX);  // the server's turn
  server_->answer(429, "", "7");
  const Wake wake = sender_->step();
  EXPECT_EQ(wake.at_monotonic_ns, clock_.monotonic_ns() + 7 * kSecond);
  EXPECT_FALSE(wake.has_work);
}

}  // namespace
}  // namespace sawlog::outputs
