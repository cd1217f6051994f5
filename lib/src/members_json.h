// Values that hold values (Kind::kObject and Kind::kArray) as JSON. Of the members of an object
// with the same key the last one is written, where the last one stands.
#pragma once

#include <cstddef>

#include <sawlog/raw_field.h>

namespace sawlog {

// As their siblings in value_json.h.
[[nodiscard]] size_t members_json_bytes_max(const detail::RawField& field);
char* write_members_json(char* out, const detail::RawField& field, int depth);

}  // namespace sawlog
