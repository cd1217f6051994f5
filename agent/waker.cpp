#include "agent/waker.h"

#include <algorithm>
#include <array>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/base/clock.h"

namespace sawlog::agent {

Waker::Waker() : event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(event_fd_ >= 0);
}

Waker::~Waker() {
  close(event_fd_);
}

void Waker::wake() {
  const uint64_t one = 1;
  // Fails only when the counter is full: then the wake-up is pending anyway.
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof(one));
}

void Waker::wait(int64_t until_monotonic_ns, int other_fd) {
  const int64_t left_ns = until_monotonic_ns - base::SystemClock().monotonic_ns();
  if (left_ns <= 0) return;
  const int64_t left_ms = std::min<int64_t>(left_ns / base::kNsPerMs + 1, 60'000);
  std::array<pollfd, 2> fds{{{event_fd_, POLLIN, 0}, {other_fd, POLLIN, 0}}};
  poll(fds.data(), other_fd < 0 ? 1 : 2, static_cast<int>(left_ms));
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = read(event_fd_, &count, sizeof(count));
}

}  // namespace sawlog::agent
