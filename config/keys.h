// Every key of the configuration with its type, range, default and meaning.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/key_info.h"
#include "config/node.h"

namespace sawlog::config {

// Fills config from the document; what it says of single keys only. What needs several keys at once
// is in checks.h.
void read_config(const Node& root, Config& config, Reading& reading);
void read_preset(const Node& root, Preset& preset, Reading& reading);

// All keys, top-level ones first, with their children.
[[nodiscard]] std::vector<KeyInfo> all_keys();

}  // namespace sawlog::config
