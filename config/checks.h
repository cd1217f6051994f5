// What needs several keys at once, after each key for itself is right.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "config/reading.h"

namespace sawlog::config {

// Fills in what follows from other keys (absolute paths, dead letters in state_dir).
void complete(Config& config);

void check_together(const Config& config, Reading& reading);

}  // namespace sawlog::config
