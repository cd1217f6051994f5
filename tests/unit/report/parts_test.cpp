#include <random>

#include <gtest/gtest.h>

#include "agent/report/figures.h"
#include "agent/report/latency_distribution.h"
#include "agent/report/message_form.h"
#include "agent/report/timeline.h"

namespace sawlog::agent {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(LatencyDistribution, quantiles_are_near_the_exact_ones) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> durations(17, 1.5);
  LatencyDistribution distribution;
  std::vector<int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<int64_t>(durations(random)));
    distribution.add(all.back());
  }
  std::ranges::sort(all);
  for (const double share : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(all.size())));
    const auto exact = static_cast<double>(all[rank - 1]);
    EXPECT_NEAR(static_cast<double>(distribution.quantile_ns(share)), exact, exact * 0.004)
        << share;
  }
  EXPECT_EQ(distribution.count(), all.size());
  EXPECT_EQ(distribution.max_ns(), all.back());
  EXPECT_EQ(distribution.quantile_ns(1), all.back());
}

TEST(LatencyDistribution, small_extreme_and_missing_values) {
  LatencyDistribution distribution;
  EXPECT_EQ(distribution.quantile_ns(0.5), 0);
  EXPECT_EQ(distribution.mean_ns(), 0);
  for (const int64_t value : {-5, 1, 2, 3}) distribution.add(value);
  EXPECT_EQ(distribution.quantile_ns(0.25), 0);
  EXPECT_EQ(distribution.quantile_ns(0.5), 1);
  EXPECT_EQ(distribution.quantile_ns(0.75), 2);
  distribution.add(INT64_MAX);
  EXPECT_EQ(distribution.max_ns(), INT64_MAX);
  EXPECT_NEAR(static_cast<double>(distribution.quantile_ns(1)), 9.22e18, 0.04e18);
}

TEST(LatencyDistribution, merging_is_adding) {
  LatencyDistribution all;
  LatencyDistribution some;
  LatencyDistribution others;
  for (int64_t value = 1; value < 100'000; value = value * 3 + 1) {
    all.add(value);
    (value % 2 == 0 ? some : others).add(value);
  }
  some.merge(others);
  EXPECT_EQ(some.count(), all.count());
  for (const double share : {0.1, 0.5, 0.9}) {
    EXPECT_EQ(some.quantile_ns(share), all.quantile_ns(share));
  }
}

TEST(Timeline, slots_grow_with_the_time_and_lose_nothing) {
  Timeline timeline;
  for (int64_t second = 0; second < 1000; ++second) timeline.add(second * kSecond, {.count = 1});
  EXPECT_LE(timeline.slots().size(), Timeline::kSlotsMax);
  EXPECT_EQ(timeline.width_s(), 8);
  EXPECT_EQ(timeline.sum(0, 1000).count, 1000);
  EXPECT_EQ(timeline.sum(0, 496).count, 496);
  timeline.add(-kSecond, {.count = 1, .failed = 1});
  EXPECT_EQ(timeline.sum(INT64_MIN, 0).failed, 1);
  EXPECT_EQ(timeline.sum(INT64_MIN, INT64_MAX).count, 1001);
}

TEST(Timeline, merges_in_any_order) {
  std::mt19937_64 random(2);
  std::uniform_int_distribution<int64_t> seconds(-5000, 100'000);
  Timeline all;
  std::array<Timeline, 3> parts;
  for (int i = 0; i < 3000; ++i) {
    const int64_t time = seconds(random) * kSecond;
    all.add(time, {.count = 1});
    parts[static_cast<size_t>(i) % parts.size()].add(time, {.count = 1});
  }
  Timeline forth;
  for (const Timeline& part : parts) forth.merge(part);
  Timeline back;
  for (size_t i = parts.size(); i-- > 0;) back.merge(parts[i]);
  for (const Timeline& merged : {forth, back}) {
    ASSERT_EQ(merged.width_s(), all.width_s());
    ASSERT_EQ(merged.begin_unix_s(), all.begin_unix_s());
    for (size_t i = 0; i < all.slots().size(); ++i) {
      EXPECT_EQ(merged.slots()[i].count, all.slots()[i].count) << i;
    }
  }
}

TEST(MessageForm, what_differs_only_in_names_is_one_message) {
  const auto check = [](std::string_view message, std::string_view want) {
    EXPECT_EQ(message_form(message), want);
  };
  check("cannot open '/a/7.txt' after 12 ms", "cannot open '…' after N ms");
  check("request 123e4567-e89b-12d3-a456-426614174000 failed", "request {id} failed");
  check("span 00f067aa0ba902b7 lost", "span {id} lost");
  check("10.0.0.7:5432 refused in 1.5 s", "N:N refused in N s");
  check("worker-12 died\nTraceback: …", "worker-N died");
  check("don't retry: it's \"fatal\"", "don't retry: it's \"…\"");
  check("deadbeef cafe", "deadbeef cafe");  // words, though of hexadecimal letters
  check("не удалось за 5 с", "не удалось за N с");
  check("", "");
}

TEST(MessageForm, long_messages_are_cut_between_characters) {
  const std::string form = message_form(std::string(150, 'x') + std::string(100, ' ') + "é");
  EXPECT_LE(form.size(), kMessageFormBytesMax + 3);
  EXPECT_TRUE(form.ends_with("…"));
}

TEST(Figures, as_people_read_them) {
  EXPECT_EQ(show_count(0), "0");
  EXPECT_EQ(show_count(1234567), "1,234,567");
  EXPECT_EQ(show_number(0.01234), "0.0123");
  EXPECT_EQ(show_number(99.94), "99.9");
  EXPECT_EQ(show_number(-1234), "-1,234");
  EXPECT_EQ(show_duration(999), "999 ns");
  EXPECT_EQ(show_duration(12'300'000), "12.3 ms");
  EXPECT_EQ(show_duration(764e9), "12 min 44 s");
  EXPECT_EQ(show_duration(90'061e9), "1 d 1 h");
  EXPECT_EQ(show_share(0.00499), "0.499 %");
  EXPECT_EQ(show_bytes(536'870'912), "512 MiB");
  EXPECT_EQ(show_time(1'767'600'000'000'000'000), "2026-01-05 08:00:00");
}

}  // namespace
}  // namespace sawlog::agent
