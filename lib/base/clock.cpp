#include "lib/base/clock.h"

#include <ctime>

namespace sawlog::base {

namespace {

int64_t read_clock(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace

int64_t SystemClock::unix_ns() const {
  return read_clock(CLOCK_REALTIME);
}

int64_t SystemClock::monotonic_ns() const {
  return read_clock(CLOCK_MONOTONIC);
}

}  // namespace sawlog::base
