// The one reader of keys: a Section<T> is a table of keys, each with its type, range, default and
// meaning, that fills a T from a map of the configuration and describes itself.
//
//   Section<RetryConfig>()
//       .count("attempts", &RetryConfig::attempts, {1, 1000}, "how often …")
//       .time("backoff_max", &RetryConfig::backoff_max_ns, {…}, "the longest wait …");
//
// The default of a key is what a default-constructed T holds: it stands once, in config/config.h.
// Everything wrong becomes a mistake in the Reading; reading goes on.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/key_info.h"
#include "config/node.h"
#include "config/units.h"

namespace sawlog::config {

// Says what is wrong with a text, as the end of a sentence that begins with the key and its value;
// "" if nothing is.
using TextCheck = std::function<std::string(const std::string&)>;

struct TextRules {
  bool is_required = false;
  bool is_secret = false;
  bool may_be_empty = true;  // of a list
  TextCheck check = nullptr;
};

// Readers of single values; path is what messages call the key. nullopt: a mistake was noted.
[[nodiscard]] std::optional<std::string> read_text(const Node& node, const std::string& path,
                                                   const TextRules& rules, Reading& reading);
[[nodiscard]] std::optional<bool> read_bool(const Node& node, const std::string& path,
                                            Reading& reading);
[[nodiscard]] std::optional<uint64_t> read_count(const Node& node, const std::string& path,
                                                 uint64_t min, uint64_t max, Reading& reading);
[[nodiscard]] std::optional<uint64_t> read_size(const Node& node, const std::string& path,
                                                uint64_t min, uint64_t max, Reading& reading);
[[nodiscard]] std::optional<int64_t> read_time(const Node& node, const std::string& path,
                                               int64_t min_ns, int64_t max_ns, Reading& reading);
[[nodiscard]] std::optional<std::string> read_word(const Node& node, const std::string& path,
                                                   const std::vector<std::string>& words,
                                                   const std::vector<std::string>& later_words,
                                                   Reading& reading);
[[nodiscard]] std::vector<std::string> read_texts(const Node& node, const std::string& path,
                                                  const TextRules& rules, Reading& reading);
[[nodiscard]] std::vector<double> read_numbers(const Node& node, const std::string& path,
                                               Reading& reading);
[[nodiscard]] Labels read_text_map(const Node& node, const std::string& path, Reading& reading);

// Calls visit(name, value) for each entry of a map: a name once, and only if it is a text.
void for_each_entry(const Node& node, const std::string& path, Reading& reading,
                    const std::function<void(const Node& name, const Node& value)>& visit);
// Returns the key that was probably meant, or "".
std::string unknown_key(const Node& key, const std::string& path,
                        const std::vector<std::string>& known, Reading& reading);
void missing_key(const Node& section, const std::string& path, const KeyInfo& key,
                 Reading& reading);
[[nodiscard]] std::string join_path(const std::string& path, const std::string& name);
[[nodiscard]] std::string show_list(const std::vector<std::string>& texts);
[[nodiscard]] std::string show_count_range(uint64_t min, uint64_t max);
[[nodiscard]] std::string show_size_range(uint64_t min, uint64_t max);
[[nodiscard]] std::string show_time_range(int64_t min_ns, int64_t max_ns);
inline constexpr const char* kNotIndented = "; its keys must be indented more than itself";
inline constexpr std::string_view kNotSupported = "not supported by this version yet";

template <class T>
class Section {
 public:
  using Read = std::function<void(const Node&, const std::string& path, T&, Reading&)>;

  Section& text(std::string name, std::string T::* member, TextRules rules, std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kText, T().*member, std::move(meaning));
    info.is_required = rules.is_required;
    info.is_secret = rules.is_secret;
    return add(std::move(info), [member, rules](const Node& node, const std::string& path, T& into,
                                                Reading& reading) {
      if (auto value = read_text(node, path, rules, reading)) into.*member = *std::move(value);
    });
  }
  Section& boolean(std::string name, bool T::* member, std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kBool, T().*member ? "true" : "false",
                            std::move(meaning));
    return add(std::move(info),
               [member](const Node& node, const std::string& path, T& into, Reading& reading) {
                 if (auto value = read_bool(node, path, reading)) into.*member = *value;
               });
  }
  // With unlimited: the word is the value kUnlimited.
  template <class Number>
  Section& count(std::string name, Number T::* member, uint64_t min, uint64_t max,
                 std::string meaning, bool may_be_unlimited = false) {
    const uint64_t value = T().*member;
    KeyInfo info =
        describe(std::move(name), ValueType::kCount,
                 value == kUnlimited ? "unlimited" : std::to_string(value), std::move(meaning));
    info.range = show_count_range(min, max) + (may_be_unlimited ? ", unlimited" : "");
    info.count_min = min;
    info.count_max = max;
    return add(std::move(info),
               [member, min, max, may_be_unlimited](const Node& node, const std::string& path,
                                                    T& into, Reading& reading) {
                 if (may_be_unlimited && node.text == "unlimited") {
                   into.*member = static_cast<Number>(kUnlimited);
                 } else if (auto number = read_count(node, path, min, max, reading)) {
                   into.*member = static_cast<Number>(*number);
                 }
               });
  }
  // With unlimited: the word is the value kUnlimited.
  Section& size(std::string name, uint64_t T::* member, uint64_t min, uint64_t max,
                std::string meaning, bool may_be_unlimited = false) {
    const uint64_t value = T().*member;
    KeyInfo info =
        describe(std::move(name), ValueType::kSize,
                 value == kUnlimited ? "unlimited" : format_size(value), std::move(meaning));
    info.range = show_size_range(min, max) + (may_be_unlimited ? ", unlimited" : "");
    return add(std::move(info),
               [member, min, max, may_be_unlimited](const Node& node, const std::string& path,
                                                    T& into, Reading& reading) {
                 if (may_be_unlimited && node.text == "unlimited") {
                   into.*member = kUnlimited;
                 } else if (auto number = read_size(node, path, min, max, reading)) {
                   into.*member = *number;
                 }
               });
  }
  // With unlimited: the word is the value kUnlimitedNs.
  Section& time(std::string name, int64_t T::* member, int64_t min_ns, int64_t max_ns,
                std::string meaning, bool may_be_unlimited = false) {
    const int64_t value = T().*member;
    KeyInfo info =
        describe(std::move(name), ValueType::kTime,
                 value == kUnlimitedNs ? "unlimited" : format_time(value), std::move(meaning));
    info.range = show_time_range(min_ns, max_ns) + (may_be_unlimited ? ", unlimited" : "");
    return add(std::move(info),
               [member, min_ns, max_ns, may_be_unlimited](const Node& node, const std::string& path,
                                                          T& into, Reading& reading) {
                 if (may_be_unlimited && node.text == "unlimited") {
                   into.*member = kUnlimitedNs;
                 } else if (auto time_ns = read_time(node, path, min_ns, max_ns, reading)) {
                   into.*member = *time_ns;
                 }
               });
  }
  // later: words of the design that this version refuses.
  template <class Value>
  Section& word(std::string name, Value T::* member,
                std::vector<std::pair<std::string, Value>> values, std::vector<std::string> later,
                std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kWord, "", std::move(meaning));
    for (const auto& [word, value] : values) {
      info.words.push_back(word);
      if (value == T().*member && info.default_value.empty()) info.default_value = word;
    }
    const std::vector<std::string> words = info.words;
    return add(std::move(info),
               [member, values, later, words](const Node& node, const std::string& path, T& into,
                                              Reading& reading) {
                 const auto found = read_word(node, path, words, later, reading);
                 for (const auto& [word, value] : values) {
                   if (found == word) into.*member = value;
                 }
               });
  }
  Section& texts(std::string name, std::vector<std::string> T::* member, TextRules rules,
                 std::string meaning) {
    KeyInfo info =
        describe(std::move(name), ValueType::kTextList, show_list(T().*member), std::move(meaning));
    info.is_required = rules.is_required;
    return add(std::move(info), [member, rules](const Node& node, const std::string& path, T& into,
                                                Reading& reading) {
      into.*member = read_texts(node, path, rules, reading);
    });
  }
  Section& numbers(std::string name, std::vector<double> T::* member, std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kNumberList, "", std::move(meaning));
    return add(std::move(info),
               [member](const Node& node, const std::string& path, T& into, Reading& reading) {
                 into.*member = read_numbers(node, path, reading);
               });
  }
  Section& text_map(std::string name, Labels T::* member, std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kTextMap, "{}", std::move(meaning));
    return add(std::move(info),
               [member](const Node& node, const std::string& path, T& into, Reading& reading) {
                 into.*member = read_text_map(node, path, reading);
               });
  }
  template <class Child>
  Section& section(std::string name, Child T::* member, Section<Child> child, std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kSection, "", std::move(meaning));
    info.children = child.infos();
    return add(std::move(info), [member, child](const Node& node, const std::string& path, T& into,
                                                Reading& reading) {
      child.read(node, path, into.*member, reading);
    });
  }
  // Keys of a sub-section that live in the same T.
  Section& group(std::string name, Section<T> keys, std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kSection, "", std::move(meaning));
    info.children = keys.infos();
    return add(std::move(info), [keys](const Node& node, const std::string& path, T& into,
                                       Reading& reading) { keys.read(node, path, into, reading); });
  }
  // A key with a reader of its own.
  Section& custom(KeyInfo info, Read read) { return add(std::move(info), std::move(read)); }
  // A key of the design that this version refuses, whatever its value.
  Section& later(std::string name, std::string meaning) {
    KeyInfo info = describe(std::move(name), ValueType::kText, "", std::move(meaning));
    info.is_supported = false;
    return add(std::move(info), nullptr);
  }
  // The keys of another section that fills a part of T.
  template <class Part>
  Section& include(const Section<Part>& other, std::function<Part&(T&)> part,
                   const std::string& only_for) {
    for (const auto& [info, read] : other.keys()) {
      KeyInfo included = info;
      included.only_for = only_for;
      Read adapted = nullptr;
      if (read) {
        adapted = [read, part](const Node& node, const std::string& path, T& into,
                               Reading& reading) { read(node, path, part(into), reading); };
      }
      add(std::move(included), std::move(adapted));
    }
    return *this;
  }

  // explain: what to say of an unknown key instead of the usual; "" for the usual.
  void read(const Node& node, const std::string& path, T& into, Reading& reading,
            const std::function<std::string(const std::string&)>& explain = nullptr) const {
    std::set<std::string> given;
    for_each_entry(node, path, reading, [&](const Node& name, const Node& value) {
      given.insert(read_key(name, value, path, into, reading, explain));
    });
    if (node.kind != Node::Kind::kMap) return;
    for (const auto& [info, read] : keys_) {
      if (info.is_required && !given.contains(info.name)) missing_key(node, path, info, reading);
    }
  }

  [[nodiscard]] const std::vector<std::pair<KeyInfo, Read>>& keys() const { return keys_; }
  [[nodiscard]] std::vector<KeyInfo> infos() const {
    std::vector<KeyInfo> infos;
    for (const auto& [info, read] : keys_) infos.push_back(info);
    return infos;
  }

 private:
  static KeyInfo describe(std::string name, ValueType type, std::string default_value,
                          std::string meaning) {
    KeyInfo info;
    info.name = std::move(name);
    info.type = type;
    info.default_value = std::move(default_value);
    info.meaning = std::move(meaning);
    return info;
  }
  Section& add(KeyInfo info, Read read) {
    keys_.emplace_back(std::move(info), std::move(read));
    return *this;
  }
  // Returns the name of the key that was given, or probably meant.
  std::string read_key(const Node& name, const Node& value, const std::string& path, T& into,
                       Reading& reading,
                       const std::function<std::string(const std::string&)>& explain) const {
    std::vector<std::string> names;
    for (const auto& [info, read] : keys_) {
      if (info.name != name.text) {
        names.push_back(info.name);
        continue;
      }
      const std::string key_path = join_path(path, name.text);
      reading.places[key_path] = value.place;
      if (!read) {
        reading.mistake(name.place, "'" + key_path + "' is " + std::string(kNotSupported));
      } else if (value.kind == Node::Kind::kNull) {
        reading.mistake(name.place, "'" + key_path + "' has no value" +
                                        (info.children.empty() ? "" : kNotIndented));
      } else {
        read(value, key_path, into, reading);
      }
      return name.text;
    }
    const std::string explanation = explain ? explain(name.text) : "";
    if (explanation.empty()) return unknown_key(name, path, names, reading);
    reading.mistake(name.place, explanation);
    return {};
  }

  std::vector<std::pair<KeyInfo, Read>> keys_;
};

}  // namespace sawlog::config
