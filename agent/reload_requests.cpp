#include "agent/reload_requests.h"

#include <chrono>
#include <csignal>
#include <unistd.h>

namespace sawlog::agent {

base::Expected<std::string> ReloadRequests::ask(int64_t timeout_ns) {
  std::unique_lock lock(mutex_);
  const uint64_t wanted_count = begun_count_ + 1;
  kill(getpid(), SIGHUP);
  const bool was_done = has_ended_.wait_for(lock, std::chrono::nanoseconds(timeout_ns),
                                            [&] { return ended_count_ >= wanted_count; });
  if (was_done) return result_;
  return base::unexpected(base::ErrorCode::kUnavailable, "the reload takes long; see the log");
}

void ReloadRequests::begin() {
  const std::lock_guard lock(mutex_);
  ++begun_count_;
}

void ReloadRequests::end(const base::Expected<std::string>& result) {
  {
    const std::lock_guard lock(mutex_);
    ended_count_ = begun_count_;
    result_ = result;
  }
  has_ended_.notify_all();
}

}  // namespace sawlog::agent
