// The keys of metrics, of its rules, and of the preset files.
#pragma once

#include "config/config.h"
#include "config/section.h"

namespace sawlog::config {

[[nodiscard]] Section<MetricsConfig> metrics_section();
[[nodiscard]] Section<Preset> preset_section();

// The value of a key that lists presets.
[[nodiscard]] std::vector<std::string> read_preset_names(const Node& node, const std::string& path,
                                                         Reading& reading);

}  // namespace sawlog::config
