#include <time.h>

#include <sawlog/limit.h>

namespace sawlog {

namespace {

int64_t coarse_monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

bool Limit::is_due() const noexcept {
  if (interval_ns_ == 0) return state_.count.fetch_add(1, std::memory_order_relaxed) % nth_ == 0;
  const int64_t now_ns = coarse_monotonic_ns();
  int64_t next_ns = state_.next_ns.load(std::memory_order_relaxed);
  return now_ns >= next_ns && state_.next_ns.compare_exchange_strong(next_ns, now_ns + interval_ns_,
                                                                     std::memory_order_relaxed);
}

bool Limit::admit(uint64_t& suppressed) const noexcept {
  if (is_due()) {
    suppressed = state_.suppressed.exchange(0, std::memory_order_relaxed);
    return true;
  }
  state_.suppressed.fetch_add(1, std::memory_order_relaxed);
  return false;
}

}  // namespace sawlog
