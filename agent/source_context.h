// From the configuration of a source to what its chunks carry.
#pragma once

#include "config/config.h"
#include "parsers/chunk.h"

namespace sawlog::agent {

// labels: the agent's; the source's own take their place.
[[nodiscard]] parsers::SourceContext make_source_context(const config::SourceConfig& source,
                                                         const config::Labels& labels);

}  // namespace sawlog::agent
