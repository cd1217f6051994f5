// The keys of sources.NAME.
#pragma once

#include "config/section.h"

namespace sawlog::config {

[[nodiscard]] Section<SourceConfig> source_section();

}  // namespace sawlog::config
