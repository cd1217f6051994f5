#include <algorithm>
#include <cstdint>
#include <random>

#include <sawlog/trace.h>

namespace sawlog {

namespace {

// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
constexpr size_t kHeaderBytes = 55;
constexpr size_t kTraceIdAt = 3;
constexpr size_t kSpanIdAt = 36;
constexpr size_t kFlagsAt = 53;
constexpr std::string_view kHex = "0123456789abcdef";

bool is_hex(std::string_view text) {
  return text.find_first_not_of(kHex) == std::string_view::npos;
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

bool is_valid(std::string_view header) {
  if (header.size() < kHeaderBytes) return false;
  const std::string_view version = header.substr(0, 2);
  if (!is_hex(version) || version == "ff") return false;
  if (header.size() > kHeaderBytes && (version == "00" || header[kHeaderBytes] != '-')) {
    return false;
  }
  if (header[2] != '-' || header[kSpanIdAt - 1] != '-' || header[kFlagsAt - 1] != '-') return false;
  const std::string_view trace_id = header.substr(kTraceIdAt, 32);
  const std::string_view span_id = header.substr(kSpanIdAt, 16);
  return is_hex(trace_id) && !is_zero(trace_id) && is_hex(span_id) && !is_zero(span_id) &&
         is_hex(header.substr(kFlagsAt, 2));
}

bool is_sampled(std::string_view header) {
  return kHex.find(header[kFlagsAt + 1]) % 2 == 1;
}

// An id that is not zero.
template <size_t kSize>
void draw(std::array<char, kSize>& id) {
  // Of the system: a generator of ours would say the same in a forked child.
  std::random_device random;
  do {
    for (char& digit : id) digit = kHex[random() % kHex.size()];
  } while (is_zero({id.data(), id.size()}));
}

}  // namespace

TraceContext TraceContext::child() const {
  if (!*this) return {};
  TraceContext child = *this;
  draw(child.span_id);
  return child;
}

TraceContext TraceContext::start() {
  TraceContext trace;
  draw(trace.trace_id);
  draw(trace.span_id);
  trace.trace_flags = {'0', '1'};
  return trace;
}

std::string TraceContext::header() const {
  if (!*this) return {};
  std::string header = "00-";
  header.append(trace_id.data(), trace_id.size()).append("-");
  header.append(span_id.data(), span_id.size()).append("-");
  return header.append(trace_flags.data(), trace_flags.size());
}

TraceContext traceparent(std::string_view header) noexcept {
  if (!is_valid(header)) return {};
  TraceContext trace;
  std::copy_n(header.data() + kTraceIdAt, 32, trace.trace_id.data());
  std::copy_n(header.data() + kSpanIdAt, 16, trace.span_id.data());
  std::copy_n(header.data() + kFlagsAt, 2, trace.trace_flags.data());
  if (!header.starts_with("00")) trace.trace_flags = {'0', is_sampled(header) ? '1' : '0'};
  return trace;
}

}  // namespace sawlog
