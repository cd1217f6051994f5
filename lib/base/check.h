// CHECK: for bugs only. On in every build: an agent that has lost an invariant must stop before it
// acknowledges something it should not; what it saved before is enough to go on after a restart.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace sawlog::base {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "sawlog: bug: CHECK(%s) failed at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace sawlog::base

#define CHECK(condition)              \
  ((condition) ? static_cast<void>(0) \
               : ::sawlog::base::check_failed(#condition, __FILE__, __LINE__))
