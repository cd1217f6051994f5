// Lets one loop thread sleep until there is something to do.
//
// wake() may be called from any thread and is never lost: it ends the current wait or the next one.
#pragma once

#include <cstdint>

namespace sawlog::agent {

class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  void wake();
  // Returns at the deadline (monotonic ns), after wake(), or when other_fd (-1: none) is readable.
  void wait(int64_t until_monotonic_ns, int other_fd = -1);

 private:
  int event_fd_;
};

}  // namespace sawlog::agent
