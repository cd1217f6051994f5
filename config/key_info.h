// What a key is, for people and for machines: from this come docs/configuration.md and the JSON
// Schema. Made by the same tables that read them (config/keys.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sawlog::config {

enum class ValueType : uint8_t {
  kText,
  kBool,
  kCount,
  kShare,  // a number from 0 to 1
  kSize,
  kTime,
  kWord,  // one of KeyInfo::words; with KeyInfo::children: or such a section
  kTextList,
  kNumberList,
  kTextMap,
  kLabelMap,    // label: FIELD or a section of KeyInfo::children; or a list of fields
  kSection,     // KeyInfo::children
  kSectionMap,  // name: section, the user gives the names
  kSectionList,
  kWordOrSectionList,  // KeyInfo::words, or sections of KeyInfo::children
};

struct KeyInfo {
  std::string name;
  ValueType type = ValueType::kText;
  std::string default_value;  // as one would write it; "" for none
  std::string range;          // "1 … 64", "" where any value is fine; may end in "unlimited"
  uint64_t count_min = 0;     // of kCount
  uint64_t count_max = UINT64_MAX;
  std::string meaning;  // one line
  bool is_required = false;
  bool is_secret = false;    // its value is never printed
  bool is_supported = true;  // false: known, refused by this version
  std::vector<std::string> words;
  std::vector<KeyInfo> children;
  std::string only_for;  // the type of output that has the key, "" for all
};

}  // namespace sawlog::config
