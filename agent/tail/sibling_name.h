// What a file's name says about rotation: "app.log-20261121.gz" may be a rotated sibling of
// "app.log".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/tail/tailed_file.h"

namespace sawlog::agent {

// By the name's end: .gz .zst .xz.
[[nodiscard]] Compression compression_by_name(std::string_view name);

// The names that this one may be a rotated sibling of, the longest first: without .gz .zst .xz, and
// then without one of . - _ and a number or date behind it (digits in groups, with - _ . : T + Z
// between them). Which of them is right depends on the globs.
[[nodiscard]] std::vector<std::string> sibling_bases(std::string_view name);

}  // namespace sawlog::agent
