// Messages that differ only in their numbers, ids and quoted names are the same message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sawlog::agent {

constexpr size_t kMessageFormBytesMax = 200;

// The first line of the message: numbers become N, hexadecimal ids and UUIDs {id}, quoted text
// '…'; what is longer than the limit is cut. "cannot open '/a/7.txt' after 12 ms" →
// "cannot open '…' after N ms".
[[nodiscard]] std::string message_form(std::string_view message);

}  // namespace sawlog::agent
