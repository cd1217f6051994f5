#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <sawlog/crash.h>
#include <sawlog/logger.h>

#include "lib/src/runtime.h"
#include "lib/src/signal_stack.h"

namespace sawlog {

namespace {

constexpr int64_t kWaitNsMax = 2'000'000'000;

struct CrashSignal {
  int number;
  std::string_view name;
  struct sigaction before = {};  // who handled it until now
};
constinit std::array<CrashSignal, 5> signals = {{{SIGSEGV, "SIGSEGV"},
                                                 {SIGBUS, "SIGBUS"},
                                                 {SIGFPE, "SIGFPE"},
                                                 {SIGILL, "SIGILL"},
                                                 {SIGABRT, "SIGABRT"}}};

// What the handler needs, looked up beforehand: nothing is looked up in a handler.
Runtime* runtime = nullptr;
const LoggerNode* own_logger = nullptr;

const CrashSignal& crash_signal(int number) {
  for (const CrashSignal& signal : signals) {
    if (signal.number == number) return signal;
  }
  return signals[0];
}

// As if the handler before had been there alone.
void hand_on(const struct sigaction& before, int number, siginfo_t* info, void* context) {
  if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  } else {
    // A fault happens again when this returns, at its own place; what was sent is sent again.
    sigaction(number, &before, nullptr);
    if (info->si_code <= 0) raise(number);
  }
}

void log_crash(std::string_view signal_name) {
  const Ring* const ring = t_thread.ring;
  // What a call would then have to do is not for a signal handler.
  if (ring == nullptr || ring->attention.load(std::memory_order_relaxed)) return;
  const Field fields[] = {{"event.name", "process.crashed"}, {"signal", signal_name}};
  detail::submit(*own_logger, Level::fatal, "process crashed", nullptr, fields, std::size(fields),
                 {});
}

void on_crash(int number, siginfo_t* info, void* context) {
  const int errno_before = errno;
  const CrashSignal& signal = crash_signal(number);
  // Not again, should it crash in here; and whoever reads the rings cannot wait for that.
  if (!t_thread.is_crashing && !t_thread.is_draining) {
    t_thread.is_crashing = true;
    log_crash(signal.name);
    runtime->write_all_from_signal_handler(kWaitNsMax);
    t_thread.is_crashing = false;
  }
  errno = errno_before;
  hand_on(signal.before, number, info, context);
}

bool install() {
  runtime = &Runtime::instance();
  own_logger = &runtime->loggers().get("sawlog");
  give_threads_signal_stacks();
  bool all = true;
  for (CrashSignal& signal : signals) {
    struct sigaction action = {};
    action.sa_sigaction = &on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    // The one before first: the handler needs it as soon as it is there.
    all = sigaction(signal.number, nullptr, &signal.before) == 0 &&
          sigaction(signal.number, &action, nullptr) == 0 && all;
  }
  return all;
}

}  // namespace

bool install_crash_handler() {
  static const bool is_installed = install();
  give_this_thread_a_signal_stack();
  return is_installed;
}

}  // namespace sawlog
