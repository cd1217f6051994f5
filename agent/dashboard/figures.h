// What the dashboards' history keeps of each moment: the metrics made from the logs, the agent's
// own, and the host's, added up to the few series that its charts draw.
#pragma once

#include <vector>

#include "agent/dashboard/history.h"
#include "agent/metrics/exposition.h"
#include "agent/metrics/metric_snapshot.h"

namespace sawlog::agent {

// collect writes the agent's own metrics and the host's.
[[nodiscard]] std::vector<HistoryPoint> history_points(const MetricSetSnapshot& snapshot,
                                                       const CollectFunction& collect);

}  // namespace sawlog::agent
