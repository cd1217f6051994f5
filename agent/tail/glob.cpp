#include "agent/tail/glob.h"

#include <algorithm>
#include <span>

#include <fnmatch.h>

namespace sawlog::agent {

namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && path.substr(0, end) != ".") parts.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

bool parts_match(std::span<const std::string> pattern, std::span<const std::string> names) {
  if (pattern.empty()) return names.empty();
  if (pattern[0] == "**") {
    for (size_t skipped = 0; skipped <= names.size(); ++skipped) {
      if (parts_match(pattern.subspan(1), names.subspan(skipped))) return true;
      if (skipped < names.size() && names[skipped].starts_with('.')) break;
    }
    return false;
  }
  return !names.empty() && part_matches(pattern[0], names[0]) &&
         parts_match(pattern.subspan(1), names.subspan(1));
}

}  // namespace

Glob::Glob(std::string_view pattern)
    : parts_(split(pattern)), is_absolute_(pattern.starts_with('/')) {
  if (!parts_.empty() && parts_.back() == "**") parts_.emplace_back("*");
}

bool Glob::matches(std::string_view path) const {
  return path.starts_with('/') == is_absolute_ && parts_match(parts_, split(path));
}

bool has_wildcard(const std::string& part) {
  return part.find_first_of("*?[\\") != std::string::npos;
}

bool part_matches(const std::string& part, const std::string& name) {
  return fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

}  // namespace sawlog::agent
