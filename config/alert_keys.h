// The keys of alerts, and those of the monitoring guides' alerting.json.
#pragma once

#include "config/section.h"

namespace sawlog::config {

[[nodiscard]] Section<AlertsConfig> alerts_section();

}  // namespace sawlog::config
