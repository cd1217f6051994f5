// The stack of a throw, in error.stack_trace.
#pragma once

namespace sawlog {

// From now on each throw notes its stack (up to 32 frames, some microseconds, no allocation), and
// sawlog::error(exception) writes it behind the exception's line, and those of what is nested:
//
//   std::runtime_error: connection refused
//     at shop::connect(int) (checkout+0x5b1e)
//     at main (checkout+0x5c40)
//
// Functions of a program are named if it is linked with -rdynamic; addr2line finds the others by
// their offset. The stacks of the last 64 throws of all threads are kept. A program that calls this
// has the library's __cxa_throw, which goes on to that of the C++ runtime.
void record_throw_stacks();

}  // namespace sawlog
