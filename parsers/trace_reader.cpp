#include "parsers/trace_reader.h"

#include <algorithm>
#include <array>

namespace sawlog::parsers {

namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last):";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         c == '.';
}

template <size_t kCount>
bool starts_with_any(std::string_view line, const std::array<std::string_view, kCount>& prefixes) {
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return line.starts_with(prefix); });
}

// "#0  0x…" of gdb and the sanitizers, "0# …" of Boost.
bool is_frame(std::string_view line) {
  const size_t digits = line.find_first_not_of("0123456789", line.starts_with('#') ? 1 : 0);
  if (digits == std::string_view::npos || digits == 0) return false;
  if (line.starts_with('#')) return digits > 1 && line[digits] == ' ';
  return line.substr(digits).starts_with("# ");
}

bool is_closing(std::string_view line) {
  return line == "}" || line == "]" || line == "})" || line == "];" || line == "};";
}

// "main.(*Server).run(0xc000012345, 0x2)": a call, as no sentence is written.
bool is_go_call(std::string_view line) {
  return line.ends_with(')') && line.find('(') < line.find(' ') && is_name_letter(line[0]);
}

bool is_go_line(std::string_view line) {
  constexpr auto kPrefixes = std::to_array<std::string_view>(
      {"goroutine ", "created by ", "[signal ", "exit status ", "runtime stack:", "panic: "});
  return starts_with_any(line, kPrefixes) || is_go_call(line);
}

}  // namespace

bool is_json_line(std::string_view line) {
  if (line.empty() || line[0] != '{') return false;
  const size_t last = line.find_last_not_of(" \t\r");
  return last > 0 && line[last] == '}';
}

bool read_exception_line(std::string_view line, ExceptionLine& exception) {
  for (const std::string_view before : {"Exception in thread \"", "Uncaught "}) {
    if (!line.starts_with(before)) continue;
    line.remove_prefix(before.size());
    if (before.ends_with('"')) line.remove_prefix(std::min(line.size(), line.find("\" ") + 2));
  }
  size_t size = 0;
  while (size < line.size() && is_name_letter(line[size])) ++size;
  const std::string_view name = line.substr(0, size);
  if (name.empty() || is_digit(name[0]) || name[0] == '.' || name.ends_with('.')) return false;
  // Node writes "TypeError [ERR_CODE]: message".
  if (line.substr(size).starts_with(" [")) {
    const size_t end = line.find("]:", size);
    if (end == std::string_view::npos) return false;
    size = end + 1;
  }
  const bool has_end =
      size == line.size() || line.substr(size).starts_with(": ") || line.substr(size) == ":";
  const std::string_view last = name.substr(name.rfind('.') + 1);
  const bool is_named_so = last.ends_with("Error") || last.ends_with("Exception") ||
                           last.ends_with("Throwable") || last.ends_with("Warning") ||
                           last.ends_with("Interrupt") || last.ends_with("Exit") ||
                           last.ends_with("ExceptionGroup");
  if (!has_end || !is_named_so) return false;
  exception.type = name;
  exception.message = size == line.size() ? "" : line.substr(std::min(line.size(), size + 2));
  return true;
}

void TraceReader::start(std::string_view first_line) {
  is_complete_ = is_json_line(first_line);
  was_indented_ = false;
  trace_ = Trace::kNone;
  if (!is_complete_) (void)begins(first_line);
}

bool TraceReader::continues(std::string_view line) {
  if (is_complete_) return false;
  if (line.empty()) return true;  // between the parts of a trace; alone only in containers' logs
  const bool is_indented = line[0] == ' ' || line[0] == '\t';
  const bool is_part = is_indented || (was_indented_ && is_closing(line)) || goes_on(line);
  was_indented_ = is_indented;
  return is_part;
}

// Whether the line, which is not indented, is a trace's, and what may come then.
bool TraceReader::goes_on(std::string_view line) {
  constexpr auto kChained = std::to_array<std::string_view>(
      {"During handling of the above exception", "The above exception was the direct cause"});
  constexpr auto kCauses =
      std::to_array<std::string_view>({"Caused by: ", "Suppressed: ", "... ", "Node.js v"});
  switch (trace_) {
    case Trace::kPython:
      // The exception's line ends it, whatever its name is.
      if (line == kTraceback) return true;
      trace_ = Trace::kException;
      return is_name_letter(line[0]) &&
             line.substr(0, line.find(": ")).find(' ') == std::string_view::npos;
    case Trace::kException:
      if (starts_with_any(line, kChained)) return true;
      if (starts_with_any(line, kCauses)) return true;
      break;
    case Trace::kGo:
      return is_go_line(line);
    case Trace::kSanitizer:
      return line.starts_with("==") || line.starts_with("SUMMARY: ") ||
             line.starts_with("Shadow ") || is_frame(line) || line.find("=>") == 0;
    case Trace::kNone:
      break;
  }
  if (is_frame(line)) return true;
  const bool is_new = begins(line);
  return is_new && trace_ != Trace::kGo && trace_ != Trace::kSanitizer;
}

bool TraceReader::begins(std::string_view line) {
  constexpr auto kGo = std::to_array<std::string_view>({"panic: ", "fatal error: ", "goroutine "});
  ExceptionLine exception;
  if (line == kTraceback) {
    trace_ = Trace::kPython;
  } else if (starts_with_any(line, kGo)) {
    trace_ = Trace::kGo;
  } else if (line.starts_with("==") && line.find("ERROR: ") != std::string_view::npos) {
    trace_ = Trace::kSanitizer;
  } else if (read_exception_line(line, exception)) {
    trace_ = Trace::kException;
  } else {
    return false;
  }
  return true;
}

}  // namespace sawlog::parsers
