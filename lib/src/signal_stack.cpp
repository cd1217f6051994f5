#include "lib/src/signal_stack.h"

#include <atomic>
#include <csignal>
#include <cstddef>
#include <sys/mman.h>

namespace sawlog {

namespace {

// For the handler that is chained, too: that of a sanitizer prints a report.
constexpr size_t kStackBytes = size_t{64} << 10;

std::atomic<bool> threads_get_one{false};
thread_local constinit void* stack_of_this_thread = nullptr;

}  // namespace

void give_threads_signal_stacks() {
  threads_get_one = true;
}

void give_this_thread_a_signal_stack() noexcept {
  if (!threads_get_one.load(std::memory_order_relaxed)) return;
  stack_t present{};
  if (sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  void* const memory = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_t stack{};
  stack.ss_sp = memory;
  stack.ss_size = kStackBytes;
  if (sigaltstack(&stack, nullptr) == 0) {
    stack_of_this_thread = memory;
  } else {
    munmap(memory, kStackBytes);
  }
}

void take_signal_stack_from_this_thread() noexcept {
  if (stack_of_this_thread == nullptr) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
  munmap(stack_of_this_thread, kStackBytes);
  stack_of_this_thread = nullptr;
}

}  // namespace sawlog
