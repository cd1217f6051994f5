// docs/configuration.md's reference, made from the tables that read the configuration.
#pragma once

#include <string>

namespace sawlog::config {

// Markdown: a table of keys for each section, in the order of the tables.
[[nodiscard]] std::string describe();

}  // namespace sawlog::config
