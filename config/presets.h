// The metrics that come with Sawlog: config/presets/*.yaml, compiled into the program as text and
// read by the same reader as the user's own rules.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "lib/base/error.h"

namespace sawlog::config {

// A file of config/presets/, as embedded at build time.
struct EmbeddedPreset {
  std::string_view name;
  std::string_view yaml;
};
// Sorted by name.
[[nodiscard]] std::span<const EmbeddedPreset> embedded_presets();

[[nodiscard]] std::vector<std::string> preset_names();

// kNotFound for an unknown name; kInvalid with all mistakes for a file that is wrong (the tests
// load every one, so that this does not happen to a user).
[[nodiscard]] base::Expected<Preset> load_preset(std::string_view name);

}  // namespace sawlog::config
