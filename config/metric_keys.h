// The keys of metrics, of its rules, and of the preset files.
#pragma once

#include "config/config.h"
#include "config/section.h"

namespace sawlog::config {

[[nodiscard]] Section<MetricsConfig> metrics_section();
[[nodiscard]] Section<Preset> preset_section();

}  // namespace sawlog::config
