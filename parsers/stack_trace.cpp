#include "parsers/stack_trace.h"

#include <algorithm>
#include <array>

#include "parsers/trace_reader.h"

namespace sawlog::parsers {

namespace {

std::string_view line_at(std::string_view text, size_t begin) {
  return text.substr(begin, text.find('\n', begin) - begin);
}

bool is_indented(std::string_view line) {
  return line.starts_with(' ') || line.starts_with('\t');
}

// The exception is what the last line says that is not indented.
void read_python(std::string_view text, StackTrace& trace) {
  std::string_view last;
  for (size_t begin = trace.begin; begin < text.size();) {
    const std::string_view line = line_at(text, begin);
    if (!line.empty() && !is_indented(line)) last = line;
    begin += line.size() + 1;
  }
  trace.summary = last;
  const size_t colon = last.find(": ");
  trace.type = last.substr(0, colon);
  if (colon != std::string_view::npos) trace.message = last.substr(colon + 2);
}

// "panic: boom", "fatal error: …": the word before the colon.
void read_go(std::string_view line, StackTrace& trace) {
  trace.summary = line;
  trace.type = line.substr(0, line.find(':'));
  trace.message = line.substr(line.find(": ") + 2);
  trace.is_fatal = true;
}

void read_terminate(std::string_view line, std::string_view text, StackTrace& trace) {
  const size_t begin = line.find('\'');
  const size_t end = line.rfind('\'');
  if (begin < end && end != std::string_view::npos)
    trace.type = line.substr(begin + 1, end - begin - 1);
  constexpr std::string_view kWhat = "what():  ";
  const size_t what = text.find(kWhat, trace.begin);
  if (what != std::string_view::npos) trace.message = line_at(text, what + kWhat.size());
  trace.summary = trace.message.empty() ? line : trace.message;
  trace.is_fatal = true;
}

// "==1==ERROR: AddressSanitizer: heap-use-after-free on address …"
void read_sanitizer(std::string_view line, StackTrace& trace) {
  trace.summary = line.substr(line.find("ERROR: ") + 7);
  trace.type = trace.summary.substr(0, trace.summary.find(": "));
  trace.message = trace.summary.substr(std::min(trace.type.size() + 2, trace.summary.size()));
  trace.is_fatal = true;
}

bool begins_trace(std::string_view line, std::string_view next, std::string_view text,
                  StackTrace& trace) {
  ExceptionLine exception;
  if (line == "Traceback (most recent call last):") {
    read_python(text, trace);
  } else if (line.starts_with("panic: ") || line.starts_with("fatal error: ")) {
    read_go(line, trace);
  } else if (line.starts_with("terminate called ")) {
    read_terminate(line, text, trace);
  } else if (line.starts_with("==") && line.find("==ERROR: ") != std::string_view::npos) {
    read_sanitizer(line, trace);
  } else if (is_indented(next) && read_exception_line(line, exception)) {
    trace.summary = line;
    trace.type = exception.type;
    trace.message = exception.message;
  } else {
    return false;
  }
  return !trace.type.empty();
}

}  // namespace

bool find_stack_trace(std::string_view text, StackTrace& trace) {
  for (size_t begin = 0; begin < text.size();) {
    const std::string_view line = line_at(text, begin);
    const size_t next = begin + line.size() + 1;
    trace = {};
    trace.begin = begin;
    if (begins_trace(line, next < text.size() ? line_at(text, next) : "", text, trace)) return true;
    begin = next;
  }
  return false;
}

}  // namespace sawlog::parsers
