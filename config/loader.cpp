#include "config/loader.h"

#include <algorithm>
#include <tuple>

#include "config/checks.h"
#include "config/include.h"
#include "config/keys.h"
#include "config/node.h"

namespace sawlog::config {
namespace {

void sort_by_place(std::vector<Mistake>& mistakes) {
  std::ranges::stable_sort(mistakes, [](const Mistake& a, const Mistake& b) {
    return std::tie(a.place.file, a.place.line, a.place.column, a.message) <
           std::tie(b.place.file, b.place.line, b.place.column, b.message);
  });
}

Loaded load(Node root, const std::string& file, Reading reading) {
  Loaded loaded;
  join_included(root, file, reading);
  reading.places[""] = {file, 1, 1};
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

}  // namespace

Loaded load_text(std::string_view yaml, const std::string& name) {
  Reading reading;
  Node root = parse_yaml(yaml, name, reading);
  return load(std::move(root), name, std::move(reading));
}

Loaded load_file(const std::string& path) {
  Reading reading;
  Node root = read_document(path, reading);
  return load(std::move(root), path, std::move(reading));
}

}  // namespace sawlog::config
