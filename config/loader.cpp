#include "config/loader.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/checks.h"
#include "config/keys.h"
#include "config/node.h"

namespace sawlog::config {
namespace {

constexpr size_t kFileBytesMax = 4u << 20;

void sort_by_place(std::vector<Mistake>& mistakes) {
  std::ranges::stable_sort(mistakes, [](const Mistake& a, const Mistake& b) {
    return std::tie(a.place.file, a.place.line, a.place.column, a.message) <
           std::tie(b.place.file, b.place.line, b.place.column, b.message);
  });
}

Loaded unreadable(const std::string& path, const std::string& cause) {
  Mistake mistake;
  mistake.place.file = path;
  mistake.message = "cannot read the configuration: " + cause;
  Loaded loaded;
  loaded.mistakes.push_back(std::move(mistake));
  return loaded;
}

}  // namespace

Loaded load_text(std::string_view yaml, const std::string& name) {
  Loaded loaded;
  Reading reading;
  const Node root = parse_yaml(yaml, name, reading);
  reading.places[""] = {name, 1, 1};
  // After an error of syntax the rest is unread: what it lacks would not be the user's mistake.
  if (reading.mistakes.empty() || !root.entries.empty()) read_config(root, loaded.config, reading);
  complete(loaded.config);
  check_together(loaded.config, reading);
  loaded.mistakes = std::move(reading.mistakes);
  loaded.warnings = std::move(reading.warnings);
  sort_by_place(loaded.mistakes);
  sort_by_place(loaded.warnings);
  return loaded;
}

Loaded load_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || content.fail()) return unreadable(path, std::strerror(errno));
  const std::string text = content.str();
  if (text.size() > kFileBytesMax) return unreadable(path, "it is larger than 4MiB");
  return load_text(text, path);
}

}  // namespace sawlog::config
