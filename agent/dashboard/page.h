// The dashboards as they are served: one page for all of them, with its styles, scripts and the
// library of its charts inside, so that it comes in one request and needs nothing else.
//
// The page holds no data: it fetches /metrics, /history, /status and /log-lines as it goes, and
// shows what it gets as text only. Its content security policy allows its own script and styles, by
// their hashes, and requests to where it came from; nothing else.
#pragma once

#include <array>
#include <string>

namespace sawlog::agent {

struct DashboardPage {
  std::string html;
  std::string content_security_policy;
  bool has_charts = false;  // false: built without uPlot, figures and tables only
};

// The same page for every dashboard: it chooses by the last part of its address what it shows.
constexpr std::array<const char*, 7> kDashboardPaths = {
    "/",
    "/monitoring/system",
    "/monitoring/application",
    "/monitoring/agents",
    "/monitoring/vector-db",
    "/monitoring/logs",
    "/monitoring/pipeline",
};
[[nodiscard]] const DashboardPage& dashboard_page();

}  // namespace sawlog::agent
