#include "lib/src/runtime.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <system_error>
#include <time.h>
#include <unistd.h>
#include <utility>

#include "lib/src/futex.h"
#include "lib/src/signal_stack.h"

namespace sawlog {

thread_local constinit ThreadState t_thread;
constinit std::atomic<bool> reopen_requested{false};
constinit std::atomic<bool> Runtime::exists{false};

namespace {

// The thread sleeps as long as the rings stay nearly empty, and as short as they need it.
constexpr int64_t kSleepNsMin = 100'000;
constexpr int64_t kSleepNsMax = 16'000'000;
constexpr int64_t kSleepNsStart = 1'000'000;
constexpr double kFillLow = 1.0 / 16;
constexpr double kFillHigh = 1.0 / 4;
constexpr int64_t kRoomPollNs = 50'000;
// A record this young stays in its ring for the next pass: another thread's older one may just be
// on its way.
constexpr int64_t kSettleNs = 5'000;
constexpr int64_t kLookAfterFilesNs = 1'000'000'000;
constexpr size_t kSpareRingsMax = 8;
constexpr size_t kRingBytesMin = size_t{4} << 10;

void sleep_ns(int64_t ns) {
  const timespec duration = timespec_of(ns);
  nanosleep(&duration, nullptr);
}

// Gives the thread's ring up when the thread ends.
struct ThreadEnd {
  ThreadEnd() = default;
  ThreadEnd(const ThreadEnd&) = delete;
  ThreadEnd& operator=(const ThreadEnd&) = delete;
  ~ThreadEnd() {
    Runtime::instance().give_up_ring_of_this_thread();
    take_signal_stack_from_this_thread();
    t_thread.is_ending = true;
  }
};

void mind_end_of_this_thread() {
  static thread_local const ThreadEnd end;
  static_cast<void>(end);
}

}  // namespace

Runtime& Runtime::instance() {
  static Runtime* const runtime = new Runtime;  // never destroyed: see the header
  return *runtime;
}

Runtime::Runtime() {
  exists = true;
  const Options defaults;
  ring_bytes_ = defaults.ring_bytes;
  policy_ = defaults.when_full.policy;
  wait_limit_ns_ = defaults.when_full.limit.count();
  pthread_atfork([] { instance().before_fork(); }, [] { instance().after_fork_in_parent(); },
                 [] { instance().after_fork_in_child(); });
  std::atexit([] { instance().at_exit(); });
  std::at_quick_exit([] { instance().at_exit(); });
}

// ---- start and stop ----

bool Runtime::start(Options options) {
  const std::lock_guard lifecycle(lifecycle_);
  stop_locked();
  if (options.service.empty()) options.service = program_invocation_short_name;
  options.ring_bytes = std::bit_ceil(std::max(options.ring_bytes, kRingBytesMin));
  return start_locked(std::move(options));
}

bool Runtime::start_locked(Options options) {
  loggers_.set_level("", options.level);
  ring_bytes_ = options.ring_bytes;
  policy_ = options.when_full.policy;
  wait_limit_ns_ = options.when_full.limit.count();
  auto backend = std::make_unique<Backend>(std::move(options), clock_, loggers_.get("sawlog"));
  const bool is_opened = backend->open_files();
  {
    const DrainLock drain(drain_);
    level_sources_.begin(backend->options());
    backend_ = std::move(backend);
  }
  start_thread();
  return is_opened;
}

void Runtime::start_thread() {
  must_stop_ = false;
  // The service's signals are handled by the service's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto body = [](void* runtime) -> void* {
    static_cast<Runtime*>(runtime)->run();
    return nullptr;
  };
  const int failure = pthread_create(&thread_, nullptr, body, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  has_thread_ = failure == 0;
  is_running_ = has_thread_;
  if (!has_thread_) {
    std::fprintf(stderr, "sawlog: cannot start the thread that writes: %s\n",
                 std::generic_category().message(failure).c_str());
  }
}

void Runtime::stop() {
  const std::lock_guard lifecycle(lifecycle_);
  is_running_ = false;
  stop_locked();
}

void Runtime::stop_locked() {
  stop_thread();
  const DrainLock drain(drain_);
  if (backend_ == nullptr) return;
  drain_all();
  backend_->report_losses(drained_rings_, true);
  backend_->flush();
  backend_.reset();
}

void Runtime::stop_thread() {
  needs_thread_ = false;
  if (!has_thread_) return;
  must_stop_ = true;
  wake();
  pthread_join(thread_, nullptr);
  has_thread_ = false;
}

bool Runtime::flush() {
  drain_waiters_.fetch_add(1);
  const DrainLock drain(drain_);
  drain_waiters_.fetch_sub(1);
  return drain_all();
}

// ---- the reader ----

void Runtime::run() {
  prctl(PR_SET_NAME, "sawlog");
  prctl(PR_SET_TIMERSLACK, 1'000);
  int64_t sleep_duration_ns = kSleepNsStart;
  while (!must_stop_.load(std::memory_order_relaxed)) {
    const double fill = pass();
    if (awaited_.load(std::memory_order_relaxed) != 0) drain_for_signal_handler();
    if (fill > kFillHigh) {
      sleep_duration_ns = std::max(sleep_duration_ns / 2, kSleepNsMin);
    } else if (fill < kFillLow) {
      sleep_duration_ns = std::min(sleep_duration_ns * 2, kSleepNsMax);
    }
    sleep(sleep_duration_ns);
  }
}

double Runtime::pass() {
  if (drain_waiters_.load(std::memory_order_relaxed) > 0) return 0;
  const DrainLock drain(drain_);
  refresh_rings();
  level_sources_.look_at_signal();
  if (reopen_requested.exchange(false, std::memory_order_relaxed)) backend_->reopen_files();
  if (backend_->must_wait()) return 0;
  clock_.anchor();
  const uint64_t now_ticks = clock_.now();
  backend_->drain(drained_rings_, now_ticks - clock_.ticks_of(kSettleNs));
  backend_->report_losses(drained_rings_, false);
  backend_->flush();
  double fill = 0;
  for (const auto& ring : drained_rings_) fill = std::max(fill, ring->fill());
  remove_abandoned_rings();
  if (now_ticks - last_look_ticks_ > clock_.ticks_of(kLookAfterFilesNs)) {
    backend_->look_after_files();
    level_sources_.look_at_file();
    last_look_ticks_ = now_ticks;
  }
  return fill;
}

// Everything, whatever its age; with drain_ held.
bool Runtime::drain_all() {
  if (backend_ == nullptr) return false;
  if (reopen_requested.exchange(false, std::memory_order_relaxed)) backend_->reopen_files();
  refresh_rings();
  clock_.anchor();
  backend_->drain(drained_rings_, UINT64_MAX);
  remove_abandoned_rings();
  return backend_->flush();
}

void Runtime::refresh_rings() {
  const std::lock_guard lock(rings_mutex_);
  if (drained_rings_ != rings_) drained_rings_ = rings_;
}

// A ring whose thread has ended goes when it is empty and its losses are reported.
void Runtime::remove_abandoned_rings() {
  const auto is_done = [](const std::shared_ptr<Ring>& ring) {
    return ring->is_abandoned.load(std::memory_order_acquire) && ring->is_empty() &&
           ring->dropped() == ring->dropped_reported;
  };
  if (std::none_of(drained_rings_.begin(), drained_rings_.end(), is_done)) return;
  const std::lock_guard lock(rings_mutex_);
  for (auto& ring : rings_) {
    if (!is_done(ring)) continue;
    if (spare_rings_.size() < kSpareRingsMax) {
      ring->reset();
      spare_rings_.push_back(ring);
    }
    ring.reset();
  }
  std::erase(rings_, nullptr);
  drained_rings_ = rings_;
}

void Runtime::sleep(int64_t duration_ns) {
  if (must_stop_.load(std::memory_order_relaxed)) return;
  sleeping_.store(1, std::memory_order_relaxed);
  const timespec timeout = timespec_of(duration_ns);
  futex(sleeping_, FUTEX_WAIT_PRIVATE, 1, &timeout);
  sleeping_.store(0, std::memory_order_relaxed);
}

void Runtime::wake() noexcept {
  if (sleeping_.load(std::memory_order_relaxed) == 0 || sleeping_.exchange(0) == 0) return;
  futex(sleeping_, FUTEX_WAKE_PRIVATE, 1, nullptr);
}

// ---- calls that log ----

Ring* Runtime::ring_of_this_thread() noexcept try {
  if (!t_thread.is_ending) {
    mind_end_of_this_thread();
    give_this_thread_a_signal_stack();
  }
  const size_t ring_bytes = ring_bytes_.load(std::memory_order_relaxed);
  const std::lock_guard lock(rings_mutex_);
  std::shared_ptr<Ring> ring;
  if (!spare_rings_.empty() && spare_rings_.back()->capacity_bytes() == ring_bytes) {
    ring = std::move(spare_rings_.back());
    spare_rings_.pop_back();
  } else {
    spare_rings_.clear();
    ring = std::make_shared<Ring>(ring_bytes, clock_.uses_counter());
  }
  ring->attention = needs_thread_.load() || is_exiting_.load();
  rings_.push_back(ring);
  t_thread.ring = ring.get();
  return ring.get();
} catch (const std::exception&) {
  return nullptr;
}

void Runtime::give_up_ring_of_this_thread() noexcept {
  if (t_thread.ring == nullptr) return;
  std::exchange(t_thread.ring, nullptr)->is_abandoned.store(true, std::memory_order_release);
}

char* Runtime::wait_for_room(Ring& ring, size_t size_bytes) noexcept {
  const WhenFull::Policy policy = policy_.load(std::memory_order_relaxed);
  if (policy == WhenFull::Policy::kDrop || t_thread.is_draining || ring.is_stalled()) {
    return nullptr;
  }
  if (needs_thread_.load(std::memory_order_relaxed)) attend(ring);
  const int64_t limit_ns = wait_limit_ns_.load(std::memory_order_relaxed);
  const int64_t start_ns = monotonic_ns();
  while (is_running_.load(std::memory_order_relaxed)) {
    wake();
    sleep_ns(kRoomPollNs);
    if (char* const room = ring.reserve(size_bytes)) return room;
    if (policy == WhenFull::Policy::kBlockFor && monotonic_ns() - start_ns >= limit_ns) break;
  }
  ring.set_stalled();
  return nullptr;
}

void Runtime::attend(Ring& ring) noexcept {
  if (t_thread.is_draining) return;
  if (is_exiting_.load()) {
    flush();
    return;
  }
  const std::lock_guard lifecycle(lifecycle_);
  ring.attention = false;
  if (needs_thread_.exchange(false)) start_thread();
}

}  // namespace sawlog
