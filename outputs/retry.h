// When to try again: exponential backoff with full jitter, Retry-After obeyed, without end.
//
// delay(n) is drawn evenly from [min/2, min(backoff_max, min * 2^n)] after the n-th failure in a
// row, so that a fleet does not return to a recovering server in step. A Retry-After (seconds or an
// HTTP date) is a lower bound, capped at an hour. success() starts over.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>

namespace sawlog::outputs {

struct RetryOptions {
  int64_t backoff_min_ns = 250'000'000;
  int64_t backoff_max_ns = 30'000'000'000;
  uint64_t attempts_max =
      0;  // 0: unlimited; any other number needs dead letters (config checks it)
};

class Backoff {
 public:
  Backoff(const RetryOptions& options, uint64_t seed) : options_(options), random_(seed) {}
  // The wait before the next attempt. now_unix_ns is used for a Retry-After that is a date.
  [[nodiscard]] int64_t next_delay_ns(std::string_view retry_after, int64_t now_unix_ns);
  void success() { failures_in_a_row_ = 0; }
  [[nodiscard]] uint64_t failures_in_a_row() const { return failures_in_a_row_; }

 private:
  RetryOptions options_;
  std::mt19937_64 random_;
  uint64_t failures_in_a_row_ = 0;
};

}  // namespace sawlog::outputs
