#include "outputs/retry.h"

#include <gtest/gtest.h>

namespace sawlog::outputs {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMs;

TEST(Backoff, GrowsToTheMaximumAndStaysJittered) {
  const RetryOptions options{.backoff_min_ns = 250 * kMs, .backoff_max_ns = 30 * kSecond};
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Backoff backoff(options, seed);
    for (int failure = 1; failure <= 12; ++failure) {
      const int64_t delay = backoff.next_delay_ns("", 0);
      const int64_t ceiling = std::min<int64_t>(options.backoff_max_ns, (250 * kMs) << failure);
      EXPECT_GE(delay, 125 * kMs);
      EXPECT_LE(delay, ceiling) << "failure " << failure;
    }
  }
}

TEST(Backoff, DiffersFromSeedToSeed) {
  const RetryOptions options;
  std::vector<int64_t> delays;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    delays.push_back(Backoff(options, seed).next_delay_ns("", 0));
  }
  std::sort(delays.begin(), delays.end());
  EXPECT_GT(std::unique(delays.begin(), delays.end()) - delays.begin(), 15);
}

TEST(Backoff, StartsOverAfterSuccess) {
  Backoff backoff({.backoff_min_ns = kSecond, .backoff_max_ns = 600 * kSecond}, 1);
  for (int failure = 0; failure < 20; ++failure) (void)backoff.next_delay_ns("", 0);
  EXPECT_EQ(backoff.failures_in_a_row(), 20);
  backoff.success();
  EXPECT_LE(backoff.next_delay_ns("", 0), 2 * kSecond);
}

// A server's wish is a lower bound. now: Sun, 06 Nov 1994 08:49:37 GMT.
void check_retry_after(std::string_view text, int64_t want_seconds_min) {
  Backoff backoff({.backoff_min_ns = kMs, .backoff_max_ns = kMs}, 1);
  const int64_t delay = backoff.next_delay_ns(text, 784'111'777 * kSecond);
  EXPECT_GE(delay, want_seconds_min * kSecond) << text;
  EXPECT_LE(delay, want_seconds_min * kSecond + kMs) << text;
}

TEST(Backoff, ObeysRetryAfter) {
  check_retry_after("3", 3);
  check_retry_after("0", 0);
  check_retry_after("86400", 3600);  // capped at an hour
  check_retry_after("99999999999", 3600);
  check_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", 60);
  check_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 0);
  check_retry_after("Sat, 05 Nov 1994 08:49:37 GMT", 0);  // in the past
  check_retry_after("Mon, 07 Nov 1994 08:49:37 GMT", 3600);
  check_retry_after("-5", 0);
  check_retry_after("soon", 0);
  check_retry_after("3 s", 0);
  check_retry_after("", 0);
}

}  // namespace
}  // namespace sawlog::outputs
