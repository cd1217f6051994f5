// Writing JSON, at the speed of copying where nothing has to be changed.
//
// Two forms of each writer: append_*(string&, …) for everybody, and write_*(char*, …) for loops
// that have made room beforehand: it writes at `out`, returns the new end, and may scribble up to
// kWriteSlackBytes behind it.
//
// Whatever the bytes, the output is valid JSON (RFC 8259) and valid UTF-8: quotes, backslashes and
// control characters are escaped, each maximal broken UTF-8 sequence becomes one U+FFFD.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sawlog::base {

// Text as a JSON string, with its quotes.
void append_json_string(std::string& out, std::string_view text);

// "2026-11-21T07:06:55.123456Z" without quotes; ns are cut to µs. Any int64_t is a time of the
// years 1677 to 2262.
void append_rfc3339(std::string& out, int64_t unix_ns);

void append_integer(std::string& out, int64_t value);
void append_unsigned(std::string& out, uint64_t value);

// The shortest text that reads back as the same double and cannot be taken for an integer (12.0:
// a store that guesses types by the first value must not guess wrong). What JSON cannot say
// becomes the strings "NaN", "Infinity", "-Infinity", with quotes.
void append_double(std::string& out, double value);

constexpr size_t kWriteSlackBytes = 16;
constexpr size_t kRfc3339Bytes = 27;
constexpr size_t kNumberBytesMax = 32;

// Room that write_json_string needs at most.
constexpr size_t json_string_bytes_max(size_t text_bytes) {
  return 6 * text_bytes + 2 + kWriteSlackBytes;
}

char* write_json_string(char* out, std::string_view text);
char* write_integer(char* out, int64_t value);
char* write_unsigned(char* out, uint64_t value);
char* write_double(char* out, double value);
char* write_float(char* out, float value);  // shortest for a float: 0.1, not 0.10000000149011612

// Writes time stamps that mostly share their second: that part is kept. For one thread.
class Rfc3339Writer {
 public:
  // kRfc3339Bytes bytes.
  char* write(char* out, int64_t unix_ns);

 private:
  int64_t second_ = INT64_MIN;
  std::array<char, 20> text_{};  // "2026-11-21T07:06:55." of second_
};

}  // namespace sawlog::base
