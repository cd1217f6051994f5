// A stack trace in the text of a record: where it begins, and what was thrown.
#pragma once

#include <string_view>

namespace sawlog::parsers {

struct StackTrace {
  size_t begin = 0;          // of its first line in the text
  std::string_view type;     // ValueError, java.lang.IllegalStateException, panic, std::bad_alloc
  std::string_view message;  // "" if there is none
  std::string_view summary;  // the line that says both
  bool is_fatal = false;     // the process ends by it
};

[[nodiscard]] bool find_stack_trace(std::string_view text, StackTrace& trace);

}  // namespace sawlog::parsers
