// Whole texts compressed as gzip, zstd and xz would do it.
#pragma once

#include <string>
#include <string_view>

namespace sawlog::tests {

[[nodiscard]] std::string gzip(std::string_view text);
[[nodiscard]] std::string zstd(std::string_view text);
[[nodiscard]] std::string xz(std::string_view text);

}  // namespace sawlog::tests
