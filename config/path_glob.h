// Globs over absolute paths: * ? [a-z] within a name, ** across directories.
#pragma once

#include <string>
#include <string_view>

namespace sawlog::config {

// Whether the glob matches this very path.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view path);

// Whether the glob can match any path below this directory (however deep).
[[nodiscard]] bool glob_reaches_into(std::string_view glob, std::string_view directory);

// Whether the glob matches every path below this directory, because it ends in /** at it or above.
[[nodiscard]] bool glob_covers(std::string_view glob, std::string_view directory);

// The path from the root, without "." and "..", symbolic links not followed.
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace sawlog::config
