// The keys of outputs.NAME: those of every output, and those of each type.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/key_info.h"
#include "config/node.h"
#include "config/section.h"

namespace sawlog::config {

void read_output(const Node& node, const std::string& path, OutputConfig& output, Reading& reading);
[[nodiscard]] std::vector<KeyInfo> output_keys();
// Of whatever speaks TLS to a server.
[[nodiscard]] Section<TlsConfig> tls_section();

}  // namespace sawlog::config
