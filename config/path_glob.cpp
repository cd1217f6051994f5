#include "config/path_glob.h"

#include <filesystem>
#include <span>
#include <vector>

#include <fnmatch.h>

namespace sawlog::config {
namespace {

using Names = std::span<const std::string>;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (!name.empty()) names.emplace_back(name);
    path.remove_prefix(std::min(path.size(), name.size() + 1));
  }
  return names;
}

enum class Question : uint8_t { kPath, kBelow };

bool matches(Names glob, Names path, Question question) {
  if (path.empty()) {
    return question == Question::kBelow
               ? !glob.empty()
               : std::ranges::all_of(glob, [](const std::string& name) { return name == "**"; });
  }
  if (glob.empty()) return false;
  if (glob.front() == "**") {
    return matches(glob.subspan(1), path, question) || matches(glob, path.subspan(1), question);
  }
  return fnmatch(glob.front().c_str(), path.front().c_str(), 0) == 0 &&
         matches(glob.subspan(1), path.subspan(1), question);
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  return matches(split(glob), split(path), Question::kPath);
}

bool glob_reaches_into(std::string_view glob, std::string_view directory) {
  return matches(split(glob), split(directory), Question::kBelow);
}

bool glob_covers(std::string_view glob, std::string_view directory) {
  const std::vector<std::string> names = split(glob);
  return !names.empty() && names.back() == "**" &&
         glob_matches(glob, std::string(directory) + "/any");
}

std::string absolute_path(const std::string& path) {
  std::error_code ignored;
  std::filesystem::path absolute = std::filesystem::absolute(path, ignored);
  if (ignored) absolute = path;
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace sawlog::config
