// Comparing with files under tests/golden; UPDATE_GOLDEN=1 writes them anew. For tests that know
// SAWLOG_SOURCE_DIR.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace sawlog::tests {

// The content of tests/golden/NAME. With UPDATE_GOLDEN=1 it becomes `actual` first, so that a
// comparison with the result does not fail then.
[[nodiscard]] inline std::string golden(const std::string& name, std::string_view actual) {
  const std::filesystem::path path =
      std::filesystem::path(SAWLOG_SOURCE_DIR) / "tests" / "golden" / name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << actual;
  }
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

}  // namespace sawlog::tests
