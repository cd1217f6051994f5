#include "lib/src/throw_stack.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <sawlog/throw_stack.h>

namespace sawlog {

namespace {

constexpr int kFramesMax = 32;
constexpr int kOwnFrames = 2;  // note() and sawlog_throw()

struct ThrowStack {
  const void* object = nullptr;
  int frame_count = 0;
  std::array<void*, kFramesMax> frames{};
};

// Only ever tried: a throw does not wait, it rather goes without its stack.
constinit std::mutex mutex;
std::array<ThrowStack, 64> stacks;
size_t next = 0;
constinit std::atomic<bool> is_recording{false};

void note(const void* object) {
  std::array<void*, kFramesMax> frames{};
  const int count = backtrace(frames.data(), kFramesMax);
  const std::unique_lock lock(mutex, std::try_to_lock);
  if (lock.owns_lock()) stacks[next++ % stacks.size()] = {object, count, frames};
}

// Of the exceptions that were at this address the last one.
ThrowStack stack_of(const void* object) {
  const std::unique_lock lock(mutex, std::try_to_lock);
  for (size_t i = 1; lock.owns_lock() && i <= stacks.size(); ++i) {
    const ThrowStack& stack = stacks[(next - i) % stacks.size()];
    if (stack.object == object) return stack;
  }
  return {};
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 == 0
}

void append_frame(std::string& out, const void* frame) {
  Dl_info info{};
  if (dladdr(frame, &info) == 0 || info.dli_fname == nullptr) return;
  out.append("\n  at ");
  if (info.dli_sname != nullptr) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(
        abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), std::free);
    out.append(status == 0 ? name.get() : info.dli_sname).append(" ");
  }
  std::array<char, 24> offset{};
  std::snprintf(offset.data(), offset.size(), "+0x%zx",
                reinterpret_cast<uintptr_t>(frame) - reinterpret_cast<uintptr_t>(info.dli_fbase));
  out.append("(").append(base_name(info.dli_fname)).append(offset.data()).append(")");
}

void append_stack(std::string& out, const void* exception_object) {
  const ThrowStack stack = stack_of(exception_object);
  for (int i = kOwnFrames; i < stack.frame_count; ++i) {
    append_frame(out, stack.frames[static_cast<size_t>(i)]);
  }
}

using Throw = void (*)(void*, void*, void (*)(void*));

Throw runtimes_throw() {
  static const auto real = reinterpret_cast<Throw>(dlsym(RTLD_NEXT, "__cxa_throw"));
  return real;
}

}  // namespace

void record_throw_stacks() {
  std::array<void*, 1> frame{};
  backtrace(frame.data(), 1);  // loads what it needs now, not in the middle of a throw
  append_throw_stack = &append_stack;
  is_recording = true;
}

}  // namespace sawlog

// Instead of that of the C++ runtime, for the whole program. By its symbol: the compilers declare
// the name itself, each with other types.
extern "C" [[noreturn, gnu::visibility("default")]] void sawlog_throw(
    void* object, void* type, void (*destroy)(void*)) __asm__("__cxa_throw");

extern "C" void sawlog_throw(void* object, void* type, void (*destroy)(void*)) {
  if (sawlog::is_recording.load(std::memory_order_relaxed)) sawlog::note(object);
  sawlog::runtimes_throw()(object, type, destroy);
  std::abort();  // it does not return
}
