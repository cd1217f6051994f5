// The runtime at the ends of things: of the process, of its parent's threads in a forked child, of
// a shared library, and after a crash.
#include <algorithm>
#include <climits>
#include <cstdio>

#include "lib/src/futex.h"
#include "lib/src/runtime.h"

namespace sawlog {

namespace {

void discard(Ring& ring) {
  if (!ring.begin_read()) return;
  while (const char* const record = ring.front()) {
    const RecordStart start = read_start(record);
    if (start.type == RecordType::kExternal) delete[] read_external(record);
    ring.pop(start.size_bytes);
  }
  ring.commit_read();
}

}  // namespace

// From here on each call writes its record itself: destructors of static objects log, too.
void Runtime::at_exit() {
  const std::lock_guard lifecycle(lifecycle_);
  is_exiting_ = true;
  is_running_ = false;
  stop_thread();
  const DrainLock drain(drain_);
  refresh_rings();
  for (const auto& ring : drained_rings_) ring->attention = true;
  if (backend_ != nullptr) {
    drain_all();
    backend_->report_losses(drained_rings_, true);
    if (!backend_->flush())
      std::fputs("sawlog: lines were lost at the end of the program\n", stderr);
  } else if (std::any_of(drained_rings_.begin(), drained_rings_.end(),
                         [](const auto& ring) { return !ring->is_empty(); })) {
    std::fputs("sawlog: records were logged while it was not started; they are lost\n", stderr);
  }
}

void Runtime::before_fork() {
  lifecycle_.lock();
  drain_.lock();
  rings_mutex_.lock();
  loggers_.mutex().lock();
}

void Runtime::after_fork_in_parent() {
  loggers_.mutex().unlock();
  rings_mutex_.unlock();
  drain_.unlock();
  lifecycle_.unlock();
}

void Runtime::after_fork_in_child() {
  // The parent's other threads are not here, nor is the one that writes.
  needs_thread_ = has_thread_ || needs_thread_.load();
  has_thread_ = false;
  sleeping_ = 0;
  drain_waiters_ = 0;
  if (backend_ != nullptr) backend_->forget_pending();
  for (auto& ring : rings_) {
    ring->reset();
    if (ring.get() != t_thread.ring)
      ring.reset();
    else
      ring->attention = needs_thread_.load();
  }
  std::erase(rings_, nullptr);
  drained_rings_ = rings_;
  after_fork_in_parent();
}

// ---- unloading ----

void Runtime::before_unload() {
  const DrainLock drain(drain_);
  if (backend_ != nullptr) {
    drain_all();
    backend_->forget_literals();
    return;
  }
  refresh_rings();
  for (const auto& ring : drained_rings_) discard(*ring);
}

detail::ModuleEnd::~ModuleEnd() {
  if (Runtime::exists.load()) Runtime::instance().before_unload();
}

// ---- crash ----

void Runtime::write_all_from_signal_handler(int64_t limit_ns) noexcept {
  if (!is_running_.load(std::memory_order_relaxed)) return;
  constexpr int64_t kPollNs = 10'000'000;
  const timespec poll = timespec_of(kPollNs);
  const int64_t begin_ns = monotonic_ns();
  awaited_.store(1, std::memory_order_release);
  while (awaited_.load(std::memory_order_acquire) != 0 && monotonic_ns() - begin_ns < limit_ns) {
    wake();
    futex(awaited_, FUTEX_WAIT_PRIVATE, 1, &poll);
  }
}

void Runtime::drain_for_signal_handler() {
  {
    const DrainLock drain(drain_);
    drain_all();
  }
  awaited_.store(0, std::memory_order_release);
  futex(awaited_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr);
}

}  // namespace sawlog
