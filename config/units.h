// Sizes and times as people write them: 4MiB, 100kB, 1.5s, 15m, unlimited.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace sawlog::config {

// Bytes: B, kB MB GB TB (powers of 1,000), KiB MiB GiB TiB (of 1,024).
[[nodiscard]] base::Expected<uint64_t> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(uint64_t bytes);  // "4MiB": the largest unit without a rest

// ns: ns us ms s m h d.
[[nodiscard]] base::Expected<int64_t> parse_time(std::string_view text);
[[nodiscard]] std::string format_time(int64_t time_ns);

}  // namespace sawlog::config
