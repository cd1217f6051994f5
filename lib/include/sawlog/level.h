// How bad it is.
#pragma once

#include <cstdint>

namespace sawlog {

enum class Level : std::uint8_t { trace, debug, info, warn, error, fatal, off };

}  // namespace sawlog
