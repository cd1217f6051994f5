// What alerts need several keys for.
#pragma once

#include "config/config.h"
#include "config/reading.h"

namespace sawlog::config {

// Fills in what follows from the rest.
void complete_alerts(AlertsConfig& alerts);
// A condition over a metric that nothing here makes is a warning: POST /record may make it.
void check_alerts(const Config& config, Reading& reading);

}  // namespace sawlog::config
