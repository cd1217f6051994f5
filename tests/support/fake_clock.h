// A clock that stands still until it is told to move. Wall clock and monotonic clock move together.
#pragma once

#include <atomic>
#include <cstdint>

#include "lib/base/clock.h"

namespace sawlog::tests {

class FakeClock final : public base::Clock {
 public:
  // 2026-11-21T07:00:00Z
  static constexpr int64_t kStartUnixNs = 1'795'244'400 * base::kNsPerSecond;

  [[nodiscard]] int64_t unix_ns() const override { return kStartUnixNs + elapsed_ns_.load(); }
  [[nodiscard]] int64_t monotonic_ns() const override { return elapsed_ns_.load(); }
  void advance_ns(int64_t ns) { elapsed_ns_ += ns; }
  void advance_seconds(int64_t seconds) { advance_ns(seconds * base::kNsPerSecond); }

 private:
  std::atomic<int64_t> elapsed_ns_{base::kNsPerSecond};
};

}  // namespace sawlog::tests
