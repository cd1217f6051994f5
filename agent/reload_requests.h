// Requests for a reload, from SIGHUP and from the endpoint's threads, for the thread that reloads.
//
// ask() raises SIGHUP, so that the thread which waits for signals has one thing to wait for; one
// reload answers everybody who asked before it began. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "lib/base/error.h"

namespace sawlog::agent {

class ReloadRequests {
 public:
  // What became of the first reload that began after the call; an error when the time is over.
  [[nodiscard]] base::Expected<std::string> ask(int64_t timeout_ns);

  // The reloading thread, around each reload.
  void begin();
  void end(const base::Expected<std::string>& result);

 private:
  std::mutex mutex_;
  std::condition_variable has_ended_;
  uint64_t begun_count_ = 0;
  uint64_t ended_count_ = 0;
  base::Expected<std::string> result_;
};

}  // namespace sawlog::agent
