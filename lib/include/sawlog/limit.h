// Limits for one place in the code: what would be said too often.
//
//   log.limited(sawlog::every(1s)).warn("queue is full", {{"length", n}});     // once a second
//   log.limited(sawlog::sample(100)).debug("packet", {{"size", size}});        // each 100th
//
// Each every() and sample() that is written in the code counts for itself, over all threads and
// loggers (in an inline function or a template: for each translation unit or instance). A record
// that is let through says in "log.suppressed" how many were not since the last one. Records whose
// level is off do not count.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sawlog {

namespace detail {

struct LimitState {
  std::atomic<std::int64_t> next_ns{0};  // every: of the monotonic clock
  std::atomic<std::uint64_t> count{0};   // sample: of all
  std::atomic<std::uint64_t> suppressed{0};
};

}  // namespace detail

class Limit {
 public:
  constexpr Limit(detail::LimitState& state, std::int64_t interval_ns, std::uint64_t nth)
      : state_(state), interval_ns_(interval_ns), nth_(nth) {}

  // Whether a record may go; if it may, how many before it could not. From all threads.
  [[nodiscard]] bool admit(std::uint64_t& suppressed) const noexcept;

 private:
  [[nodiscard]] bool is_due() const noexcept;

  detail::LimitState& state_;
  std::int64_t interval_ns_;  // 0: sample
  std::uint64_t nth_;
};

// At most one record in that time (4 ms is the finest).
template <class ThisPlace = decltype([] {})>
[[nodiscard]] Limit every(std::chrono::nanoseconds interval) {
  static constinit detail::LimitState state;
  return {state, interval.count() > 0 ? interval.count() : 1, 0};
}

// The first of each n.
template <class ThisPlace = decltype([] {})>
[[nodiscard]] Limit sample(std::uint64_t n) {
  static constinit detail::LimitState state;
  return {state, 0, n > 0 ? n : 1};
}

}  // namespace sawlog
