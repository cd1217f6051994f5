// The one logging runtime of a process: its loggers, the rings of its threads, the backend and the
// thread that drives it. It is made when it is first used and never destroyed, so that logging
// works in every destructor.
//
// Locks, in the order they are taken: lifecycle_ (start, stop, fork), drain_ (whoever holds it is
// the reader of all rings and owns the backend), rings_mutex_ (the list of rings), the registry's.
// A call that logs takes none of them, except for its thread's first one.
//
// Fork: all locks are held over it, so no pass is under way. The child throws away what the rings
// hold (the parent writes it), and starts a thread of its own with its first record.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <vector>

#include <sawlog/options.h>

#include "lib/src/backend.h"
#include "lib/src/level_sources.h"
#include "lib/src/logger_registry.h"
#include "lib/src/ring.h"
#include "lib/src/ticks.h"

namespace sawlog {

// What each thread knows; no destructor, so that it can be used until the thread's very end.
struct ThreadState {
  Ring* ring = nullptr;
  const detail::EncodedFields* scope = nullptr;
  bool is_ending = false;    // its ring was given up; each further record takes one for itself
  bool is_draining = false;  // it holds drain_: must not wait for room
  bool is_crashing = false;  // it is in the crash handler
};
// In a shared library, too, without a call to find it.
extern thread_local constinit ThreadState t_thread __attribute__((tls_model("initial-exec")));

// Outside of the runtime, because a signal handler may set it before there is one.
extern std::atomic<bool> reopen_requested;

// Marks the thread that holds the drain lock.
class DrainLock {
 public:
  explicit DrainLock(std::mutex& mutex) : lock_(mutex) { t_thread.is_draining = true; }
  ~DrainLock() { t_thread.is_draining = false; }
  DrainLock(const DrainLock&) = delete;
  DrainLock& operator=(const DrainLock&) = delete;

 private:
  std::lock_guard<std::mutex> lock_;
};

class Runtime {
 public:
  static Runtime& instance();
  static std::atomic<bool> exists;  // instance() was called before

  [[nodiscard]] LoggerRegistry& loggers() { return loggers_; }

  bool start(Options options);
  bool flush();
  void stop();

  // ---- for calls that log ----

  // The calling thread's ring, made if there is none. Null if there is no memory.
  Ring* ring_of_this_thread() noexcept;
  // Ends a thread's use of its ring.
  void give_up_ring_of_this_thread() noexcept;
  // Waits for room as the options say; null if there is none.
  char* wait_for_room(Ring& ring, size_t size_bytes) noexcept;
  void wake() noexcept;
  // A ring asked for attention: after a fork or at the end of the program.
  void attend(Ring& ring) noexcept;

  // Waits until the thread has written what was logged before, at most that long. Safe in a signal
  // handler.
  void write_all_from_signal_handler(int64_t limit_ns) noexcept;
  // A shared library is unloaded, and with it the literals that its records point to: they are
  // written, or dropped if nobody is there to write.
  void before_unload();

 private:
  Runtime();

  bool start_locked(Options options);
  void start_thread();
  void stop_thread();
  void stop_locked();
  void run();
  // A pass over all rings. The fullest ring's fill, 0 to 1.
  double pass();
  bool drain_all();
  void drain_for_signal_handler();
  void refresh_rings();
  void remove_abandoned_rings();
  void sleep(int64_t duration_ns);
  void at_exit();
  void before_fork();
  void after_fork_in_parent();
  void after_fork_in_child();

  LoggerRegistry loggers_;

  std::mutex lifecycle_;
  // Not a std::thread: in a forked child there is nothing left that could be joined or destroyed.
  pthread_t thread_{};
  bool has_thread_ = false;

  std::mutex drain_;
  std::atomic<int> drain_waiters_{0};
  TickClock clock_;
  std::unique_ptr<Backend> backend_;
  LevelSources level_sources_{loggers_};
  std::vector<std::shared_ptr<Ring>> drained_rings_;  // the reader's copy of rings_
  uint64_t last_look_ticks_ = 0;

  std::mutex rings_mutex_;
  std::vector<std::shared_ptr<Ring>> rings_;  // shared with drained_rings_
  std::vector<std::shared_ptr<Ring>> spare_rings_;

  std::atomic<size_t> ring_bytes_;
  std::atomic<WhenFull::Policy> policy_;
  std::atomic<int64_t> wait_limit_ns_;
  std::atomic<bool> is_running_{false};  // there is a thread, or will be as soon as it is needed
  std::atomic<bool> must_stop_{false};
  std::atomic<bool> needs_thread_{false};  // forked
  std::atomic<bool> is_exiting_{false};
  std::atomic<uint32_t> sleeping_{0};  // a futex: 1 while the thread sleeps
  std::atomic<uint32_t> awaited_{0};   // a futex: 1 while a signal handler waits for a whole pass
};

}  // namespace sawlog
