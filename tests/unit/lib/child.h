// Something done in a child process, and how it ended.
#pragma once

#include <cstdlib>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sawlog {

#if defined(__SANITIZE_THREAD__)
constexpr bool kChildMayHaveThreads = false;  // the thread sanitizer does not allow it after a fork
#else
constexpr bool kChildMayHaveThreads = true;
#endif
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSignalsEndInAReport = true;  // of the sanitizer, which then ends the process itself
#else
constexpr bool kSignalsEndInAReport = false;
#endif

// Its exit code, or the signal that ended it as a negative number. What body() throws terminates.
inline int in_child(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    [&body]() noexcept { body(); }();
    std::_Exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace sawlog
