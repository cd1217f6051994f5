// How error() gets at the stacks that throw_stack.cpp notes, without linking it into programs that
// do not ask for it.
#pragma once

#include <atomic>
#include <string>

namespace sawlog {

// Appends a line for each frame of the throw of that object; nothing if it is not known. Null until
// record_throw_stacks() was called.
using AppendThrowStack = void (*)(std::string& out, const void* exception_object);
extern std::atomic<AppendThrowStack> append_throw_stack;

}  // namespace sawlog
