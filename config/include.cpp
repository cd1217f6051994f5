#include "config/include.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <glob.h>

#include "config/section.h"

namespace sawlog::config {
namespace {

constexpr const char* kInclude = "include";
constexpr size_t kFileBytesMax = 4u << 20;
constexpr size_t kFilesMax = 1000;

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

// In the order of the patterns, then of the names; a file that two patterns name comes once.
std::vector<std::string> included_paths(const Node& include, const std::string& file,
                                        Reading& reading) {
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  std::vector<std::string> paths;
  for (size_t i = 0; i < include.items.size(); ++i) {
    const Node& item = include.items[i];
    if (item.text.empty()) continue;  // the reader says so
    const std::string pattern = directory / item.text;
    const std::vector<std::string> found = matches(pattern);
    if (found.empty() && pattern.find_first_of("*?[") == std::string::npos) {
      reading.mistake(item.place, "'include[" + std::to_string(i) + "]': there is no file '" +
                                      item.shown + "'");
    }
    for (const std::string& path : found) {
      if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
    }
  }
  if (paths.size() > kFilesMax) {
    reading.mistake(include.place, "'include' names more than 1000 files");
    paths.clear();
  }
  return paths;
}

void join(Node& into, Node part, const std::string& path);

// Maps of the top level and the list of rules are joined; the reader tells what is given twice.
void join_entry(Node& into, Entry entry, const std::string& path) {
  const std::string entry_path = join_path(path, entry.name.text);
  const bool is_list = entry_path == "metrics.rules" || entry_path == "alerts.rules";
  const bool is_joined = path.empty() || is_list || entry_path == "alerts.receivers";
  for (Entry& known : into.entries) {
    if (!is_joined || known.name.text != entry.name.text) continue;
    if (known.value.kind != entry.value.kind) break;
    if (known.value.kind == Node::Kind::kMap) {
      return join(known.value, std::move(entry.value), entry_path);
    }
    if (is_list && known.value.kind == Node::Kind::kList) {
      std::ranges::move(entry.value.items, std::back_inserter(known.value.items));
      return;
    }
  }
  into.entries.push_back(std::move(entry));
}

void join(Node& into, Node part, const std::string& path) {
  for (Entry& entry : part.entries) join_entry(into, std::move(entry), path);
}

}  // namespace

Node read_document(const std::string& path, Reading& reading) {
  const auto unreadable = [&](const std::string& cause) {
    Place place;
    place.file = path;
    reading.mistake(place, "cannot read the configuration: " + cause);
    Node root;
    root.kind = Node::Kind::kMap;
    root.place = place;
    return root;
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(std::strerror(errno));
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (file.bad()) return unreadable(std::strerror(errno));
  if (text.size() > kFileBytesMax) return unreadable("it is larger than 4MiB");
  return parse_yaml(text, path, reading);
}

void join_included(Node& root, const std::string& file, Reading& reading) {
  const Node* const found = root.find(kInclude);
  if (found == nullptr || found->kind != Node::Kind::kList) return;
  const Node include = *found;  // root grows below
  for (const std::string& path : included_paths(include, file, reading)) {
    Node part = read_document(path, reading);
    if (const Node* const more = part.find(kInclude)) {
      reading.mistake(more->place, "an included file cannot include others");
      std::erase_if(part.entries, [](const Entry& entry) { return entry.name.text == kInclude; });
    }
    if (part.kind != Node::Kind::kMap) {
      reading.mistake(part.place, "the configuration must be a map of keys");
      continue;
    }
    join(root, std::move(part), "");
  }
}

}  // namespace sawlog::config
