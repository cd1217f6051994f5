#include "config/schema.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "config/keys.h"
#include "lib/base/json_encode.h"

namespace sawlog::config {
namespace {

using Keys = std::vector<const KeyInfo*>;

// YAML tells 9200 and true from "9200" and "true"; the reader does not where it wants a text.
constexpr std::string_view kText = R"({"type":["string","number","boolean"]})";
// Stands for any value, which only the reader can see.
constexpr std::string_view kReference = R"({"type":"string","pattern":"\\$\\{(env|file):"})";
constexpr std::string_view kUnlimited = R"({"const":"unlimited"})";
constexpr std::string_view kSize =
    R"({"type":"string","pattern":"^[0-9]+(\\.[0-9]+)? ?([TGMK]iB|[TGMk]?B)$"})";
constexpr std::string_view kTime =
    R"({"type":"string","pattern":"^[0-9]+(\\.[0-9]+)? ?(d|h|m|s|ms|us|ns)$"})";
constexpr std::string_view kGivenName = R"({"pattern":"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"})";

std::string quoted(std::string_view text) {
  std::string out;
  base::append_json_string(out, text);
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

std::string any_of(const std::vector<std::string>& schemas) {
  return R"({"anyOf":[)" + joined(schemas) + "]}";
}

std::string words_schema(const std::vector<std::string>& words) {
  std::vector<std::string> values;
  for (const std::string& word : words) {
    values.push_back(quoted(word));
    if (word == "true" || word == "false") values.push_back(word);
  }
  return R"({"enum":[)" + joined(values) + "]}";
}

std::string count_schema(const KeyInfo& key) {
  return R"({"type":"integer","minimum":)" + std::to_string(key.count_min) + R"(,"maximum":)" +
         std::to_string(key.count_max) + "}";
}

std::string object_schema(const Keys& keys);
std::string section_schema(const std::vector<KeyInfo>& keys);

std::string map_schema(const std::string& value, std::string_view name = "{}") {
  return R"({"type":"object","propertyNames":)" + std::string(name) +
         R"(,"additionalProperties":)" + value + "}";
}

std::string list_schema(const std::string& item) {
  return R"({"type":"array","items":)" + item + "}";
}

std::string value_schema(const KeyInfo& key) {
  std::vector<std::string> shapes;
  switch (key.type) {
    case ValueType::kText:
      return std::string(kText);
    case ValueType::kBool:
      shapes = {R"({"type":"boolean"})"};
      break;
    case ValueType::kCount:
      shapes = {count_schema(key)};
      break;
    case ValueType::kShare:
      shapes = {R"({"type":"number","minimum":0,"maximum":1})"};
      break;
    case ValueType::kSize:
      shapes = {std::string(kSize)};
      break;
    case ValueType::kTime:
      shapes = {std::string(kTime)};
      break;
    case ValueType::kWord:
      shapes = {words_schema(key.words)};
      if (!key.children.empty()) shapes.push_back(section_schema(key.children));
      break;
    case ValueType::kTextList:
      return list_schema(key.words.empty() ? std::string(kText) : words_schema(key.words));
    case ValueType::kNumberList:
      return list_schema(R"({"type":"number"})");
    case ValueType::kTextMap:
      return map_schema(std::string(kText));
    case ValueType::kLabelMap:
      return any_of({list_schema(std::string(kText)),
                     map_schema(any_of({std::string(kText), section_schema(key.children)}))});
    case ValueType::kSection:
      return section_schema(key.children);
    case ValueType::kSectionMap:
      return map_schema(section_schema(key.children), kGivenName);
    case ValueType::kSectionList:
      return list_schema(section_schema(key.children));
    case ValueType::kWordOrSectionList:
      return list_schema(any_of({words_schema(key.words), section_schema(key.children)}));
  }
  if (key.range.ends_with("unlimited")) shapes.emplace_back(kUnlimited);
  shapes.emplace_back(kReference);
  return any_of(shapes);
}

std::string described(const KeyInfo& key) {
  std::string schema = value_schema(key);
  std::string text = key.meaning;
  if (!key.range.empty()) text += " (" + key.range + ")";
  if (!key.default_value.empty()) text += "; default: " + key.default_value;
  return R"({"description":)" + quoted(text) + "," + schema.substr(1);
}

std::string object_schema(const Keys& keys) {
  std::vector<std::string> properties, required;
  for (const KeyInfo* key : keys) {
    properties.push_back(quoted(key->name) + ":" + described(*key));
    if (key->is_required) required.push_back(quoted(key->name));
  }
  std::string schema = R"({"type":"object","additionalProperties":false,)";
  if (!required.empty()) schema += R"("required":[)" + joined(required) + "],";
  return schema + R"("properties":{)" + joined(properties) + "}}";
}

// Whether the comma-separated list names the type; opensearch has the keys of elasticsearch.
bool is_for(const std::string& only_for, const std::string& type) {
  const std::string wanted = ", " + (type == "opensearch" ? "elasticsearch" : type) + ",";
  return only_for.empty() || (", " + only_for + ",").find(wanted) != std::string::npos;
}

// Which keys a section has may depend on its type.
std::string section_schema(const std::vector<KeyInfo>& keys) {
  const auto type = std::ranges::find(keys, "type", &KeyInfo::name);
  const bool has_variants =
      type != keys.end() && !type->words.empty() &&
      std::ranges::any_of(keys, [](const KeyInfo& key) { return !key.only_for.empty(); });
  Keys supported;
  for (const KeyInfo& key : keys) {
    if (key.is_supported) supported.push_back(&key);
  }
  if (!has_variants) return object_schema(supported);
  std::vector<std::string> variants;
  for (const std::string& word : type->words) {
    Keys own = supported;
    std::erase_if(own, [&](const KeyInfo* key) { return !is_for(key->only_for, word); });
    std::string condition = R"({"properties":{"type":{"const":)" + quoted(word) + "}}";
    if (word != type->default_value) condition += R"(,"required":["type"])";
    variants.push_back(R"({"if":)" + condition + R"(},"then":)" + object_schema(own) + "}");
  }
  return R"({"type":"object",)" + std::string(type->is_required ? R"("required":["type"],)" : "") +
         R"("properties":{"type":)" + described(*type) + R"(},"allOf":[)" + joined(variants) + "]}";
}

}  // namespace

std::string json_schema() {
  std::vector<KeyInfo> keys = all_keys();
  for (KeyInfo& key : keys) key.is_required = false;
  const std::string root = section_schema(keys);
  return R"({"$schema":"http://json-schema.org/draft-07/schema#","title":"sawlog.yaml",)" +
         root.substr(1) + "\n";
}

}  // namespace sawlog::config
