// "did you mean …?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sawlog::config {

// The candidate that is nearest by edit distance (a swap of neighbours counts once), or "" if none
// is near: at most a third of the letters differ.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

// "; did you mean 'X'?", or "".
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace sawlog::config
