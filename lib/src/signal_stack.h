// Stacks for handlers of signals, so that one can run when the thread's own stack has overflowed.
#pragma once

namespace sawlog {

// From now on each thread gets one with its ring.
void give_threads_signal_stacks();
// If threads shall have them and the calling one has none.
void give_this_thread_a_signal_stack() noexcept;
// At the end of the thread.
void take_signal_stack_from_this_thread() noexcept;

}  // namespace sawlog
