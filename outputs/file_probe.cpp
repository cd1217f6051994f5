#include "outputs/file_probe.h"

#include <cerrno>
#include <filesystem>
#include <unistd.h>

#include "lib/base/error.h"

namespace sawlog::outputs {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kBytesPerGib = 1ull << 30;

// The directory of the path, or the first one above it that is there.
fs::path nearest_directory(const fs::path& path) {
  std::error_code error;
  fs::path directory = path.parent_path();
  while (!fs::exists(directory, error) && directory.has_relative_path()) {
    directory = directory.parent_path();
  }
  return directory;
}

}  // namespace

Probe probe_file(const std::string& path) {
  std::error_code error;
  const fs::path file(path);
  if (fs::is_directory(file, error)) {
    return {false, "'" + path + "' is a directory: let 'path' name a file in it"};
  }
  const fs::path directory = nearest_directory(file);
  const std::string name = directory.string();
  if (!fs::is_directory(directory, error)) {
    return {false, "'" + name + "' is no directory: correct 'path'"};
  }
  if (access(name.c_str(), W_OK | X_OK) != 0) {
    return {false, base::os_error("make files in", name, errno).message +
                       ": correct 'path', or let us write there"};
  }
  const fs::space_info space = fs::space(directory, error);
  return {true, "works: '" + name + "' can be written, " +
                    std::to_string(space.available / kBytesPerGib) + " GiB free"};
}

}  // namespace sawlog::outputs
