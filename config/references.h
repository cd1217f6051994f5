// ${env:NAME} and ${file:/path} in a value. $${ stands for ${ itself.
#pragma once

#include <string>
#include <string_view>

#include "config/reading.h"

namespace sawlog::config {

// The text with its references replaced. A reference that leads nowhere is a mistake at place. Of a
// file one line end at its end is left out; it may have 64 KiB.
[[nodiscard]] std::string replace_references(std::string_view text, const Place& place,
                                             Reading& reading);

}  // namespace sawlog::config
