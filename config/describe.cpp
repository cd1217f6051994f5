#include "config/describe.h"

#include "config/keys.h"
#include "config/section.h"

namespace sawlog::config {
namespace {

std::string type_text(const KeyInfo& key) {
  switch (key.type) {
    case ValueType::kText:
      return key.is_secret ? "text, secret" : "text";
    case ValueType::kBool:
      return "true or false";
    case ValueType::kCount:
    case ValueType::kShare:
      return "number, " + key.range;
    case ValueType::kSize:
      return "size, " + key.range;
    case ValueType::kTime:
      return "time, " + key.range;
    case ValueType::kWord:
      return show_list(key.words);
    case ValueType::kTextList:
      return key.words.empty() ? "list of texts" : "list of " + show_list(key.words);
    case ValueType::kNumberList:
      return "list of numbers";
    case ValueType::kTextMap:
      return "map of texts";
    case ValueType::kLabelMap:
      return "map of fields, or list of fields";
    case ValueType::kSection:
    case ValueType::kSectionMap:
      return "section";
    case ValueType::kSectionList:
      return "list of sections";
    case ValueType::kWordOrSectionList:
      return "list of " + show_list(key.words) + ", or sections";
  }
  return "";
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '|') out += '\\';
    out += letter;
  }
  return out;
}

std::string default_text(const KeyInfo& key) {
  if (key.is_required) return "required";
  return key.default_value.empty() ? "" : "`" + key.default_value + "`";
}

// The rows of a section; keys of its groups as group.key. Sections with names or lists of their own
// are told apart and get a table each.
void append_rows(const std::vector<KeyInfo>& keys, const std::string& prefix,
                 const std::string& only_for, std::string& out) {
  for (const KeyInfo& key : keys) {
    if (!key.is_supported || (prefix.empty() && key.only_for != only_for)) continue;
    if (key.type == ValueType::kSection) {
      append_rows(key.children, prefix + key.name + ".", only_for, out);
    } else if (key.type != ValueType::kSectionMap && key.type != ValueType::kSectionList) {
      out += "| `" + prefix + key.name + "` | " + escaped(type_text(key)) + " | " +
             escaped(default_text(key)) + " | " + escaped(key.meaning) + " |\n";
    }
  }
}

void append_table(const std::string& title, const std::vector<KeyInfo>& keys,
                  const std::string& only_for, std::string& out) {
  out += "\n### " + title + "\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
  append_rows(keys, "", only_for, out);
}

void append_later(const std::vector<KeyInfo>& keys, const std::string& prefix, std::string& out) {
  for (const KeyInfo& key : keys) {
    const std::string name = prefix.empty() ? key.name : prefix + "." + key.name;
    if (!key.is_supported) out += (out.empty() ? "`" : ", `") + name + "`";
    const bool is_named = key.type == ValueType::kSectionMap;
    const bool is_list = key.type == ValueType::kSectionList;
    append_later(key.children, name + (is_named ? ".NAME" : is_list ? "[]" : ""), out);
  }
}

const KeyInfo& key_named(const std::vector<KeyInfo>& keys, std::string_view name) {
  return *std::ranges::find(keys, name, &KeyInfo::name);
}

}  // namespace

std::string describe() {
  const std::vector<KeyInfo> keys = all_keys();
  std::string out;
  append_table("The top level", keys, "", out);
  append_table("sources.NAME", key_named(keys, "sources").children, "", out);
  const std::vector<KeyInfo>& metrics = key_named(keys, "metrics").children;
  append_table("metrics.rules[]", key_named(metrics, "rules").children, "", out);
  const std::vector<KeyInfo>& outputs = key_named(keys, "outputs").children;
  append_table("outputs.NAME, every type", outputs, "", out);
  for (const char* type : {"elasticsearch, kafka, loki, otlp", "elasticsearch", "kafka", "loki",
                           "otlp", "file", "stdout"}) {
    append_table(std::string("outputs.NAME, type: ") + type, outputs, type, out);
  }
  const std::vector<KeyInfo>& alerts = key_named(keys, "alerts").children;
  append_table("alerts.rules[]", key_named(alerts, "rules").children, "", out);
  const std::vector<KeyInfo>& receivers = key_named(alerts, "receivers").children;
  append_table("alerts.receivers.NAME, every type", receivers, "", out);
  for (const char* type : {"email", "slack", "webhook", "alertmanager"}) {
    append_table(std::string("alerts.receivers.NAME, type: ") + type, receivers, type, out);
  }
  std::string later;
  append_later(keys, "", later);
  out += "\n### Not yet\n\nKnown, and refused by this version: " + later + ".\n";
  return out;
}

}  // namespace sawlog::config
