#include "lib/src/ticks.h"

#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace sawlog {

namespace {

int64_t clock_ns(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

struct Reading {
  uint64_t ticks;
  int64_t ns;
};

// The counter and a clock at the same moment: of three tries the one with the least time between
// the two looks at the counter, so that being preempted in the middle does not count.
Reading read_together(clockid_t id) {
  Reading best{};
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 3; ++i) {
    const uint64_t before = ticks_now(true);
    const int64_t ns = clock_ns(id);
    const uint64_t after = ticks_now(true);
    if (after - before >= least) continue;
    least = after - before;
    best = {before + least / 2, ns};
  }
  return best;
}

}  // namespace

bool has_constant_counter() {
#if defined(__x86_64__)
  constexpr unsigned kAdvancedPowerManagement = 0x80000007;
  constexpr unsigned kInvariantTsc = 1U << 8;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(kAdvancedPowerManagement, &eax, &ebx, &ecx, &edx) != 0 &&
         (edx & kInvariantTsc) != 0;
#else
  return false;
#endif
}

int64_t system_clock_ns() {
  return clock_ns(CLOCK_REALTIME);
}

TickClock::TickClock() : uses_counter_(has_constant_counter()) {
  if (!uses_counter_) return;
  const Reading first = read_together(CLOCK_MONOTONIC);
  first_ticks_ = first.ticks;
  first_monotonic_ns_ = first.ns;
  anchor();
}

uint64_t TickClock::ticks_of(int64_t duration_ns) const {
  return static_cast<uint64_t>(static_cast<double>(duration_ns) / ns_per_tick_);
}

void TickClock::anchor() {
  if (!uses_counter_) return;
  const Reading monotonic = read_together(CLOCK_MONOTONIC);
  if (monotonic.ticks > first_ticks_) {
    ns_per_tick_ = static_cast<double>(monotonic.ns - first_monotonic_ns_) /
                   static_cast<double>(monotonic.ticks - first_ticks_);
  }
  const Reading wall = read_together(CLOCK_REALTIME);
  anchor_ticks_ = wall.ticks;
  anchor_unix_ns_ = wall.ns;
}

}  // namespace sawlog
