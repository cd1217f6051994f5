// What every fallible call of Sawlog returns.
//
// Three kinds of failure (docs/decisions/0003-errors.md):
//   * expected (file gone, destination busy, line not JSON): Expected<T>, handled where something
//     can be done about it, counted once;
//   * the operator's (configuration): collected by config/, all at once, before anything starts;
//   * a bug: CHECK (check.h), in release too.
// Exceptions of foreign libraries are caught in the .cpp that calls them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace sawlog::base {

enum class ErrorCode : uint8_t {
  kNotFound,     // a file, an index, a topic is not there
  kPermission,   // rights are missing
  kNoSpace,      // the disk (or a quota) is full
  kCorrupt,      // bytes are not what their format promises
  kInvalid,      // the request itself is wrong
  kUnavailable,  // busy, unreachable, timed out: trying again later may work
  kIo,           // any other failure of the operating system
};

struct Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;  // "cannot X 'which': cause", without a final stop
  int os_error = 0;     // errno where the operating system refused, else 0
};

template <class T>
using Expected = tl::expected<T, Error>;

// An Error from errno: "cannot <action> '<subject>': <strerror>".
[[nodiscard]] Error os_error(std::string_view action, std::string_view subject, int os_errno);

[[nodiscard]] inline tl::unexpected<Error> unexpected(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message), 0});
}

}  // namespace sawlog::base
