#include "config/presets.h"

#include "config/keys.h"
#include "config/node.h"

namespace sawlog::config {

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const EmbeddedPreset& preset : embedded_presets()) names.emplace_back(preset.name);
  return names;
}

base::Expected<Preset> load_preset(std::string_view name) {
  for (const EmbeddedPreset& embedded : embedded_presets()) {
    if (embedded.name != name) continue;
    Reading reading;
    Preset preset;
    preset.name = name;
    const std::string file = "presets/" + std::string(name) + ".yaml";
    read_preset(parse_yaml(embedded.yaml, file, reading), preset, reading);
    if (reading.mistakes.empty()) return preset;
    std::string message = "cannot read preset '" + std::string(name) + "'";
    for (const Mistake& mistake : reading.mistakes) message += ": " + mistake.to_string();
    return base::unexpected(base::ErrorCode::kInvalid, message);
  }
  return base::unexpected(base::ErrorCode::kNotFound,
                          "cannot find preset '" + std::string(name) + "': there is no such one");
}

}  // namespace sawlog::config
