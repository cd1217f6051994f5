// W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a record belongs to.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace sawlog {

// Lower-case hexadecimal digits, as in the header.
struct TraceContext {
  std::array<char, 32> trace_id = {};
  std::array<char, 16> span_id = {};
  std::array<char, 2> trace_flags = {};

  // False for what traceparent() could not read.
  explicit operator bool() const { return trace_id[0] != '\0'; }

  // The same trace with a new random span: for work of one's own, or for a call to another service.
  [[nodiscard]] TraceContext child() const;
  // A new trace, sampled.
  [[nodiscard]] static TraceContext start();
  // The header "traceparent" that says this; empty if this is.
  [[nodiscard]] std::string header() const;
};

// Reads a header "traceparent". Empty if it is not a valid one, as the standard wants it: such a
// trace is not continued. Of versions after 00 only what 00 has is read.
[[nodiscard]] TraceContext traceparent(std::string_view header) noexcept;

}  // namespace sawlog
