// A YAML document as plain data with places: the only thing the rest of config/ sees of YAML.
//
// Aliases are copied where they are used. Keys keep their order and their repetitions, so that the
// reader can complain about the second one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/reading.h"

namespace sawlog::config {

struct Entry;

struct Node {
  enum class Kind : uint8_t { kNull, kText, kList, kMap };
  Kind kind = Kind::kNull;
  Place place;
  std::string text;   // of kText: the value, references replaced
  std::string shown;  // of kText: as written; the only one that may appear in a message
  bool is_quoted = false;
  std::vector<Node> items;     // of kList
  std::vector<Entry> entries;  // of kMap

  // The value under a key, or nullptr.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

// A key of a map and its value.
struct Entry {
  Node name;
  Node value;
};

// Syntax errors, tabs in the indentation and bad references become mistakes; what could be read up
// to there is returned. An empty document is an empty map.
[[nodiscard]] Node parse_yaml(std::string_view yaml, const std::string& file, Reading& reading);

}  // namespace sawlog::config
