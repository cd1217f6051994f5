// Asks the destination of an output whether it would take lines: `sawlog check --connect`.
#pragma once

#include "config/config.h"
#include "lib/base/clock.h"
#include "outputs/probe.h"

namespace sawlog::agent {

// Blocks for some seconds at most. Neither the state directory nor the destination is changed.
[[nodiscard]] outputs::Probe probe_output(const config::OutputConfig& config,
                                          const base::Clock& clock);

}  // namespace sawlog::agent
