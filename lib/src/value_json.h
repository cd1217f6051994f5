// The value of a field as JSON.
#pragma once

#include <cstddef>

#include <sawlog/field.h>

namespace sawlog {

// Room that write_value_json needs at most; not for Kind::kError.
[[nodiscard]] size_t value_json_bytes_max(const detail::RawField& field);
// Returns the new end. May write up to base::kWriteSlackBytes behind it. depth: how many objects
// and arrays the value is in; from kNestingMax on, another one is written as "…".
constexpr int kNestingMax = 32;
char* write_value_json(char* out, const detail::RawField& field, int depth = 0);

}  // namespace sawlog
