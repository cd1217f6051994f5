// Records of other logging libraries, on their way into Sawlog's line format.
#pragma once

#include <cstdint>
#include <string_view>

#include <sawlog/level.h>

namespace sawlog {

struct ForeignRecord {
  Level level = Level::info;
  std::string_view message = {};
  std::int64_t time_unix_ns = 0;
  const char* file = nullptr;  // null: the place is not known
  unsigned line = 0;
  const char* function = nullptr;
};

// As a call of that logger, with the record's own time and place; the thread's scope applies.
// Looks the logger up, under a lock.
void log_foreign(std::string_view logger_name, const ForeignRecord& record) noexcept;

}  // namespace sawlog
