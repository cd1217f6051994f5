// What was logged before a crash.
#pragma once

namespace sawlog {

// From now on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT (so also std::terminate) first have
// everything that was logged handed to the operating system, with a last record of the crash itself
// (level fatal, event.name process.crashed, signal), and then go on to the handler that was there
// before: the default one (with its core dump), or that of whoever installed one. Calling it again
// changes nothing. False: the system refused.
//
// The handler only uses what is safe in a signal handler: it asks the thread that writes and waits
// for it, for two seconds at most. It runs on a signal stack of its own, which each thread gets
// that logs after this call, so a stack overflow is a crash like any other. What cannot be saved:
// records of a process killed by SIGKILL, and those of a crash in the thread that writes itself (in
// a destination of yours).
bool install_crash_handler();

}  // namespace sawlog
