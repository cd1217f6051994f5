// From the configuration of a source to what its lines' readers need to know.
#pragma once

#include "config/config.h"
#include "parsers/source_context.h"

namespace sawlog::agent {

// labels: of the whole agent; the source's own win.
[[nodiscard]] parsers::SourceContext make_source_context(const config::SourceConfig& source,
                                                         const config::Labels& labels);

}  // namespace sawlog::agent
