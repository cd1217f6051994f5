// Maps of sections whose names the user gives: sources, outputs, alerts.receivers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/section.h"
#include "config/text_checks.h"

namespace sawlog::config {

inline KeyInfo named_info(std::string name, std::string meaning, std::vector<KeyInfo> children,
                          bool is_required = true) {
  KeyInfo info;
  info.name = std::move(name);
  info.type = ValueType::kSectionMap;
  info.meaning = std::move(meaning);
  info.is_required = is_required;
  info.children = std::move(children);
  return info;
}

// Calls read(value, path, item) for each, with its name and place filled in.
template <class Item, class Read>
void read_named(const Node& node, const std::string& path, std::vector<Item>& items,
                Reading& reading, const Read& read) {
  for_each_entry(node, path, reading, [&](const Node& name, const Node& value) {
    if (const std::string wrong = check_given_name(name.text); !wrong.empty()) {
      reading.mistake(name.place, "'" + join_path(path, name.text) + "' " + wrong);
    }
    Item item;
    item.name = name.text;
    item.place = name.place;
    reading.places[join_path(path, name.text)] = name.place;
    read(value, join_path(path, name.text), item);
    items.push_back(std::move(item));
  });
  if (node.kind == Node::Kind::kMap && node.entries.empty()) {
    reading.mistake(node.place, "'" + path + "' is empty");
  }
}

}  // namespace sawlog::config
