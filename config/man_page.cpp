// Prints sawlog.yaml(5), made from the tables that read the configuration; run by the build.

#include <cstdio>
#include <string>
#include <vector>

#include "config/keys.h"
#include "config/section.h"

namespace {

using sawlog::config::KeyInfo;
using sawlog::config::ValueType;

std::string roff(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\\') {
      out += "\\e";
    } else if (letter == '-') {
      out += "\\-";
    } else {
      out += letter;
    }
  }
  const bool is_request = out.starts_with('.') || out.starts_with('\'');
  return is_request ? "\\&" + out : out;
}

std::string notes(const KeyInfo& key) {
  std::string text;
  const auto add = [&text](const std::string& note) {
    if (!note.empty()) text += (text.empty() ? " (" : "; ") + note;
  };
  add(key.is_required ? "required" : "");
  add(key.words.empty() ? "" : "one of " + sawlog::config::show_list(key.words));
  add(key.range);
  add(key.default_value.empty() ? "" : "default: " + key.default_value);
  add(key.only_for.empty() ? "" : "type " + key.only_for);
  return text.empty() ? "" : text + ")";
}

void print_keys(const std::vector<KeyInfo>& keys, const std::string& prefix) {
  for (const KeyInfo& key : keys) {
    if (!key.is_supported) continue;
    std::printf(".TP\n.B %s\n%s\n", roff(prefix + key.name).c_str(),
                roff(key.meaning + notes(key)).c_str());
    const char* const below = key.type == ValueType::kSectionMap    ? ".NAME."
                              : key.type == ValueType::kSectionList ? "[]."
                                                                    : ".";
    print_keys(key.children, prefix + key.name + below);
  }
}

}  // namespace

int main() {
  std::fputs(
      ".TH SAWLOG.YAML 5 \"\" \"Sawlog\" \"File Formats\"\n"
      ".SH NAME\nsawlog.yaml \\- configuration of sawlog\n"
      ".SH DESCRIPTION\nOne YAML file. The smallest useful one:\n.PP\n.nf\n"
      "sources: {app: {paths: [/var/log/app/*.log]}}\n"
      "outputs: {search: {type: elasticsearch, hosts: [\"http://localhost:9200\"]}}\n.fi\n.PP\n"
      "Sizes and times carry a unit: 4MiB, 100kB, 30s, 15m. ${env:NAME} and ${file:/path} are\n"
      "replaced anywhere in a value and never printed.\n"
      ".B sawlog check\nfinds every mistake at once.\n.SH KEYS\n",
      stdout);
  print_keys(sawlog::config::all_keys(), "");
  std::fputs(".SH SEE ALSO\n.BR sawlog (1)\n", stdout);
  return 0;
}
