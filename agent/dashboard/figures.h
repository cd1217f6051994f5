// What the dashboards' history keeps of each moment: the metrics made from the logs, the agent's
// own, and the host's, added up to the few series that its charts draw.
#pragma once

#include <string_view>
#include <vector>

#include "agent/dashboard/history.h"
#include "agent/metrics/metric_snapshot.h"

namespace sawlog::agent {

// exposition: the agent's own metrics and the host's, as /metrics shows them
// (agent/metrics/exposition.h).
[[nodiscard]] std::vector<HistoryPoint> history_points(const MetricSetSnapshot& snapshot,
                                                       std::string_view exposition);

}  // namespace sawlog::agent
