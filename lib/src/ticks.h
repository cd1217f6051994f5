// Time as the caller of a log call takes it: the processor's time-stamp counter where it is
// constant (12 ns instead of 20), else the system clock in ns. The consumer turns ticks into wall
// clock time, anchored anew before each pass, so that a step of the clock or a drift cannot add up.
#pragma once

#include <cstdint>

namespace sawlog {

// Whether this processor's counter runs at one rate in all its states.
[[nodiscard]] bool has_constant_counter();

[[nodiscard]] int64_t system_clock_ns();

[[nodiscard]] inline uint64_t ticks_now([[maybe_unused]] bool use_counter) {
#if defined(__x86_64__)
  if (use_counter) return __builtin_ia32_rdtsc();
#endif
  return static_cast<uint64_t>(system_clock_ns());
}

// For one thread at a time.
class TickClock {
 public:
  TickClock();

  [[nodiscard]] bool uses_counter() const { return uses_counter_; }
  [[nodiscard]] uint64_t now() const { return ticks_now(uses_counter_); }
  [[nodiscard]] uint64_t ticks_of(int64_t duration_ns) const;

  // Looks at both clocks; unix_ns() is exact around this moment.
  void anchor();
  [[nodiscard]] int64_t unix_ns(uint64_t ticks) const {
    if (!uses_counter_) return static_cast<int64_t>(ticks);
    const auto distance = static_cast<double>(static_cast<int64_t>(ticks - anchor_ticks_));
    return anchor_unix_ns_ + static_cast<int64_t>(distance * ns_per_tick_);
  }

 private:
  bool uses_counter_;
  uint64_t first_ticks_ = 0;  // with first_monotonic_ns_: the long baseline of the rate
  int64_t first_monotonic_ns_ = 0;
  uint64_t anchor_ticks_ = 0;
  int64_t anchor_unix_ns_ = 0;
  double ns_per_tick_ = 1;
};

}  // namespace sawlog
