#include "config/section.h"

#include <charconv>
#include <cmath>

#include "config/nearest.h"

namespace sawlog::config {
namespace {

std::string quoted(const std::string& text) {
  return "'" + text + "'";
}

std::string kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kText:
      return "a text";
    case Node::Kind::kList:
      return "a list";
    case Node::Kind::kMap:
      return "a map";
  }
  return "";
}

// Of what is told about another place: the file only if it is another one.
std::string shown_place(const Place& place, const Place& elsewhere) {
  const std::string line = "line " + std::to_string(place.line);
  return place.file == elsewhere.file ? line : place.file + ", " + line;
}

bool is_text(const Node& node, const std::string& path, std::string_view wanted, Reading& reading) {
  if (node.kind == Node::Kind::kText) return true;
  reading.mistake(node.place,
                  quoted(path) + " must be " + std::string(wanted) + ", not " + kind_of(node));
  return false;
}

std::optional<uint64_t> in_range(uint64_t value, uint64_t min, uint64_t max, const Node& node,
                                 const std::string& path, const std::string& range,
                                 Reading& reading) {
  if (value >= min && value <= max) return value;
  reading.mistake(node.place,
                  quoted(path) + ": '" + node.shown + "' is out of range; it must be " + range);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_text(const Node& node, const std::string& path,
                                     const TextRules& rules, Reading& reading) {
  if (!is_text(node, path, "a text", reading)) return std::nullopt;
  const std::string wrong = rules.check ? rules.check(node.text) : "";
  if (wrong.empty()) return node.text;
  reading.mistake(node.place,
                  quoted(path) + (rules.is_secret ? "" : ": '" + node.shown + "'") + " " + wrong);
  return std::nullopt;
}

std::optional<bool> read_bool(const Node& node, const std::string& path, Reading& reading) {
  if (!is_text(node, path, "true or false", reading)) return std::nullopt;
  if (node.text == "true") return true;
  if (node.text == "false") return false;
  reading.mistake(node.place, quoted(path) + ": '" + node.shown + "' is neither true nor false");
  return std::nullopt;
}

std::optional<uint64_t> read_count(const Node& node, const std::string& path, uint64_t min,
                                   uint64_t max, Reading& reading) {
  if (!is_text(node, path, "a whole number", reading)) return std::nullopt;
  uint64_t value = 0;
  const char* const end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, value);
  if (node.text.empty() || error != std::errc() || stop != end) {
    reading.mistake(node.place, quoted(path) + ": '" + node.shown + "' is not a whole number");
    return std::nullopt;
  }
  return in_range(value, min, max, node, path, show_count_range(min, max), reading);
}

std::optional<uint64_t> read_size(const Node& node, const std::string& path, uint64_t min,
                                  uint64_t max, Reading& reading) {
  if (!is_text(node, path, "a size such as 4MiB", reading)) return std::nullopt;
  const auto value = parse_size(node.text);
  if (!value) {
    reading.mistake(node.place, quoted(path) + ": '" + node.shown + "' " + value.error().message);
    return std::nullopt;
  }
  return in_range(*value, min, max, node, path, show_size_range(min, max), reading);
}

std::optional<int64_t> read_time(const Node& node, const std::string& path, int64_t min_ns,
                                 int64_t max_ns, Reading& reading) {
  if (!is_text(node, path, "a time such as 30s", reading)) return std::nullopt;
  const auto value = parse_time(node.text);
  if (!value) {
    reading.mistake(node.place, quoted(path) + ": '" + node.shown + "' " + value.error().message);
    return std::nullopt;
  }
  const auto checked =
      in_range(static_cast<uint64_t>(*value), static_cast<uint64_t>(min_ns),
               static_cast<uint64_t>(max_ns), node, path, show_time_range(min_ns, max_ns), reading);
  if (!checked) return std::nullopt;
  return *value;
}

std::optional<std::string> read_word(const Node& node, const std::string& path,
                                     const std::vector<std::string>& words,
                                     const std::vector<std::string>& later_words,
                                     Reading& reading) {
  if (std::ranges::find(later_words, node.kind == Node::Kind::kMap ? "{}" : node.text) !=
      later_words.end()) {
    const std::string value = node.kind == Node::Kind::kMap ? "" : ": '" + node.shown + "'";
    reading.mistake(node.place, quoted(path) + value + " is " + std::string(kNotSupported) +
                                    "; there is " + show_list(words));
    return std::nullopt;
  }
  if (!is_text(node, path, "one of " + show_list(words), reading)) return std::nullopt;
  if (std::ranges::find(words, node.text) != words.end()) return node.text;
  std::vector<std::string> known = words;
  known.insert(known.end(), later_words.begin(), later_words.end());
  const std::string suggestion = did_you_mean(node.text, known);
  reading.mistake(node.place,
                  quoted(path) + ": '" + node.shown + "' is unknown" +
                      (suggestion.empty() ? "; there is " + show_list(words) : suggestion));
  return std::nullopt;
}

std::vector<std::string> read_texts(const Node& node, const std::string& path,
                                    const TextRules& rules, Reading& reading) {
  std::vector<std::string> texts;
  if (node.kind != Node::Kind::kList) {
    reading.mistake(node.place, quoted(path) + " must be a list" +
                                    (node.kind == Node::Kind::kText && !rules.is_secret
                                         ? ": [\"" + node.shown + "\"]"
                                         : ", not " + kind_of(node)));
    return texts;
  }
  if (node.items.empty() && (rules.is_required || !rules.may_be_empty)) {
    reading.mistake(node.place, quoted(path) + " is empty");
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const std::string item_path = path + "[" + std::to_string(i) + "]";
    reading.places[item_path] = node.items[i].place;
    if (auto text = read_text(node.items[i], item_path, rules, reading)) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

std::vector<double> read_numbers(const Node& node, const std::string& path, Reading& reading) {
  std::vector<double> numbers;
  if (node.kind != Node::Kind::kList) {
    reading.mistake(node.place, quoted(path) + " must be a list of numbers, not " + kind_of(node));
    return numbers;
  }
  for (const Node& item : node.items) {
    double value = 0;
    const char* const end = item.text.data() + item.text.size();
    const auto [stop, error] = std::from_chars(item.text.data(), end, value);
    if (item.text.empty() || error != std::errc() || stop != end || !std::isfinite(value)) {
      reading.mistake(item.place, quoted(path) + ": '" + item.shown + "' is not a number");
    } else {
      numbers.push_back(value);
    }
  }
  return numbers;
}

Labels read_text_map(const Node& node, const std::string& path, Reading& reading) {
  Labels labels;
  for_each_entry(node, path, reading, [&](const Node& name, const Node& value) {
    const std::string key_path = join_path(path, name.text);
    reading.places[key_path] = value.place;
    if (auto text = read_text(value, key_path, {}, reading)) labels.emplace_back(name.text, *text);
  });
  return labels;
}

void for_each_entry(const Node& node, const std::string& path, Reading& reading,
                    const std::function<void(const Node& name, const Node& value)>& visit) {
  if (node.kind != Node::Kind::kMap) {
    reading.mistake(node.place, (path.empty() ? "the configuration" : quoted(path)) +
                                    " must be a map of keys, not " + kind_of(node));
    return;
  }
  std::map<std::string, Place> places;
  for (const auto& [name, value] : node.entries) {
    if (name.kind != Node::Kind::kText || name.text.empty()) {
      reading.mistake(name.place, "a key must be a text");
      continue;
    }
    const auto [first, is_new] = places.emplace(name.text, name.place);
    if (is_new) {
      visit(name, value);
    } else {
      reading.mistake(name.place, "the key " + quoted(join_path(path, name.text)) +
                                      " is given twice, first in " +
                                      shown_place(first->second, name.place));
    }
  }
}

std::string unknown_key(const Node& key, const std::string& path,
                        const std::vector<std::string>& known, Reading& reading) {
  reading.mistake(key.place, "unknown key " + quoted(key.text) +
                                 (path.empty() ? "" : " in " + path) +
                                 did_you_mean(key.text, known));
  return nearest(key.text, known);
}

void missing_key(const Node& section, const std::string& path, const KeyInfo& key,
                 Reading& reading) {
  reading.mistake(section.place, (path.empty() ? "the configuration" : quoted(path)) + " lacks " +
                                     quoted(key.name) + ": " + key.meaning);
}

std::string join_path(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

std::string show_list(const std::vector<std::string>& texts) {
  std::string shown;
  for (const std::string& text : texts) shown += (shown.empty() ? "" : ", ") + text;
  return shown;
}

std::string show_count_range(uint64_t min, uint64_t max) {
  return std::to_string(min) + " … " + std::to_string(max);
}

std::string show_size_range(uint64_t min, uint64_t max) {
  return format_size(min) + " … " + format_size(max);
}

std::string show_time_range(int64_t min_ns, int64_t max_ns) {
  return format_time(min_ns) + " … " + format_time(max_ns);
}

}  // namespace sawlog::config
