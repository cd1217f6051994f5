// Figures as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace sawlog::agent {

[[nodiscard]] std::string show_count(uint64_t count);  // 1,234,567
[[nodiscard]] std::string show_number(double value);   // three digits: 0.0123 1.23 123 12,345
[[nodiscard]] std::string show_duration(double duration_ns);  // 12.3 ms, 1 h 12 min
[[nodiscard]] std::string show_share(double share);           // 1.23 %
[[nodiscard]] std::string show_bytes(uint64_t bytes);         // 1.02 GiB
[[nodiscard]] std::string show_time(int64_t unix_ns);         // 2026-01-05 08:00:00 (UTC)

}  // namespace sawlog::agent
