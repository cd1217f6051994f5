#include <cstdlib>
#include <memory>
#include <typeinfo>

#include <cxxabi.h>
#include <sawlog/field.h>

#include "lib/src/throw_stack.h"

namespace sawlog {

constinit std::atomic<AppendThrowStack> append_throw_stack{nullptr};

namespace {

constexpr int kNestingMax = 32;
// What libstdc++'s std::throw_with_nested makes of a type.
constexpr std::string_view kNestingWrapper = "std::_Nested_exception<";

std::string readable(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
  std::string_view text(status == 0 && name != nullptr ? name.get() : mangled);
  if (text.starts_with(kNestingWrapper) && text.ends_with('>')) {
    text.remove_prefix(kNestingWrapper.size());
    text.remove_suffix(1);
  }
  return std::string(text);
}

void append_cause(std::string& trace, const ErrorInfo& cause) {
  trace.append(trace.empty() ? "" : "\ncaused by ")
      .append(cause.type)
      .append(": ")
      .append(cause.message);
}

// Where it was thrown, if that was recorded.
void append_stack(std::string& trace, const std::exception& exception) {
  const AppendThrowStack append = append_throw_stack.load(std::memory_order_relaxed);
  if (append != nullptr) append(trace, dynamic_cast<const void*>(&exception));
}

// What is nested in the exception, the innermost last.
void append_nested(std::string& trace, const std::exception& outer, int depth_left);

void append_exception(std::string& trace, const std::exception_ptr& nested, int depth_left) {
  try {
    std::rethrow_exception(nested);
  } catch (const std::exception& inner) {
    append_cause(trace, {readable(typeid(inner).name()), inner.what()});
    append_stack(trace, inner);
    append_nested(trace, inner, depth_left);
  } catch (...) {
    append_cause(trace, {"unknown", "not a std::exception"});
  }
}

void append_nested(std::string& trace, const std::exception& outer, int depth_left) {
  const auto* nested = dynamic_cast<const std::nested_exception*>(&outer);
  if (nested == nullptr || nested->nested_ptr() == nullptr || depth_left == 0) return;
  append_exception(trace, nested->nested_ptr(), depth_left - 1);
}

}  // namespace

ErrorInfo error(const std::exception& exception) {
  ErrorInfo info{readable(typeid(exception).name()), exception.what()};
  std::string trace;
  append_cause(trace, info);
  const size_t own = trace.size();
  append_stack(trace, exception);
  append_nested(trace, exception, kNestingMax);
  if (trace.size() > own) info.stack_trace = std::move(trace);
  return info;
}

ErrorInfo error(const std::exception_ptr& exception) {
  if (exception == nullptr) return {"none", "no exception"};
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& inner) {
    return error(inner);
  } catch (...) {
    return {"unknown", "not a std::exception"};
  }
}

ErrorInfo error(const std::error_code& code) {
  return {code.category().name(), code.message()};
}

}  // namespace sawlog
