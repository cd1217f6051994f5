// Which lines go on the record before them: indented lines, and the stack traces of Python, Java,
// Node, Go and C++, line by line, by what the lines say and nothing else.
//
//   start(first line); while (continues(next line)) …
//
// Python     Traceback (most recent call last):, the frames, the exception's line, and after that
//            "During handling of …", "The above exception …" with the next traceback
// Java       at …, Caused by:, Suppressed:, ... 12 more, and the line of the exception before them
// Node       the same with four blanks, and the object that is printed behind a trace
// Go         panic: or fatal error:, goroutine 1 [running]:, calls and places, exit status 2
// C++        terminate called …, what():, #0 0x… and 0# … frames, AddressSanitizer's reports
//
// A JSON object is complete and is never gone on. Not thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace sawlog::parsers {

// Looks like a JSON object that ends in the line.
[[nodiscard]] bool is_json_line(std::string_view line);

// "ValueError: bad", "java.lang.IllegalStateException: boom", "Error: …": the line of an exception.
struct ExceptionLine {
  std::string_view type;
  std::string_view message;
};
[[nodiscard]] bool read_exception_line(std::string_view line, ExceptionLine& exception);

class TraceReader {
 public:
  void start(std::string_view first_line);
  // Whether the line belongs to the record; then it is taken for its last line.
  [[nodiscard]] bool continues(std::string_view line);

 private:
  enum class Trace : uint8_t { kNone, kPython, kException, kGo, kSanitizer };
  [[nodiscard]] bool goes_on(std::string_view line);
  [[nodiscard]] bool begins(std::string_view line);

  Trace trace_ = Trace::kNone;
  bool is_complete_ = false;
  bool was_indented_ = false;
};

}  // namespace sawlog::parsers
