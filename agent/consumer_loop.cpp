#include "agent/consumer_loop.h"

#include <algorithm>

namespace sawlog::agent {

namespace {

constexpr int64_t kWaitMaxNs = base::kNsPerSecond;

}  // namespace

void ConsumerLoop::run() {
  while (stop_deadline_ns_.load(std::memory_order_acquire) == INT64_MAX) {
    step();
    if (pauses_.exchange(false, std::memory_order_acq_rel)) return;
  }
  consumer_->stop_reading();
  const int64_t deadline_ns = stop_deadline_ns_.load(std::memory_order_acquire);
  do {
    step();
  } while (!consumer_->is_finished() && clock_.monotonic_ns() < deadline_ns);
}

void ConsumerLoop::pause() {
  pauses_.store(true, std::memory_order_release);
  waker_.wake();
}

void ConsumerLoop::stop(int64_t deadline_ns) {
  stop_deadline_ns_.store(deadline_ns, std::memory_order_release);
  waker_.wake();
}

void ConsumerLoop::step() {
  step_began_ns_.store(clock_.monotonic_ns(), std::memory_order_relaxed);
  const outputs::Wake wake = consumer_->step();
  step_began_ns_.store(INT64_MAX, std::memory_order_relaxed);
  const bool is_finished = !wake.has_work && consumer_->is_finished();
  is_finished_.store(is_finished, std::memory_order_release);
  if (wake.has_work) return;
  const int64_t now = clock_.monotonic_ns();
  const int64_t deadline = stop_deadline_ns_.load(std::memory_order_acquire);
  if (is_finished && deadline != INT64_MAX) return;
  waker_.wait(std::min({wake.at_monotonic_ns, now + kWaitMaxNs, deadline}), consumer_->wake_fd());
}

}  // namespace sawlog::agent
