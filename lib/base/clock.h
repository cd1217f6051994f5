// The seam to time. Everything in the agent that asks for the time or plans one takes a Clock, so
// that tests and the simulator decide what time it is.
#pragma once

#include <cstdint>

namespace sawlog::base {

constexpr int64_t kNsPerUs = 1'000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, ns since 1970-01-01 UTC; may jump. For what is written down.
  [[nodiscard]] virtual int64_t unix_ns() const = 0;
  // Never goes back; its zero means nothing. For deadlines and durations.
  [[nodiscard]] virtual int64_t monotonic_ns() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] int64_t unix_ns() const override;
  [[nodiscard]] int64_t monotonic_ns() const override;
};

}  // namespace sawlog::base
