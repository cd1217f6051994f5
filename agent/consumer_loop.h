// A consumer and the wake-ups of its thread. The thread itself is started by agent.cpp, which runs
// run(): again after a pause, each time in a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "agent/consumer.h"
#include "agent/waker.h"
#include "lib/base/clock.h"

namespace sawlog::agent {

class ConsumerLoop {
 public:
  ConsumerLoop(std::unique_ptr<Consumer> consumer, const base::Clock& clock)
      : consumer_(std::move(consumer)), clock_(clock) {}

  // On the consumer's thread: steps until pause(), or until stop(); then until everything that was
  // read is acknowledged and saved, or the deadline has passed.
  void run();

  // Thread-safe. run() returns after the step that is under way, and may be called again after
  // that.
  void pause();
  // Thread-safe, for good. deadline: monotonic ns.
  void stop(int64_t deadline_ns);
  void wake() { waker_.wake(); }
  // When the step began that is under way (monotonic ns), else INT64_MAX.
  [[nodiscard]] int64_t step_began_ns() const {
    return step_began_ns_.load(std::memory_order_relaxed);
  }
  // Set by the thread: see Consumer::is_finished().
  [[nodiscard]] bool is_finished() const { return is_finished_.load(std::memory_order_acquire); }

  // Before run() starts, or for what is thread-safe.
  [[nodiscard]] Consumer& consumer() { return *consumer_; }
  [[nodiscard]] const Consumer& consumer() const { return *consumer_; }

 private:
  void step();  // and wait, if there is nothing to do

  std::unique_ptr<Consumer> consumer_;
  const base::Clock& clock_;
  Waker waker_;
  std::atomic<bool> is_finished_{false};
  std::atomic<bool> pauses_{false};
  std::atomic<int64_t> step_began_ns_{INT64_MAX};
  std::atomic<int64_t> stop_deadline_ns_{INT64_MAX};
};

}  // namespace sawlog::agent
