// Makes routes out of paths, so that /orders/1, /orders/2, … are one endpoint.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sawlog::agent {

// The path without scheme, host, query and fragment; each segment that is an id is {id}: a number,
// a UUID, or 16 or more hexadecimal digits with a decimal one among them. The result is a view of
// path or of buffer; what does not fit into the buffer is cut off. kRouteSlackBytes must be
// readable behind a path that is not empty.
constexpr size_t kRouteSlackBytes = 32;
[[nodiscard]] std::string_view route_of(std::string_view path, std::span<char> buffer);

}  // namespace sawlog::agent
