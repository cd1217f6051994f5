// A report as one HTML file: tables and charts (SVG), no script, nothing loaded from anywhere,
// light and dark, readable on a phone. All that comes from the logs stays text.
#pragma once

#include <string>

#include "agent/report/report.h"

namespace sawlog::agent {

[[nodiscard]] std::string report_html(const Report& report);

}  // namespace sawlog::agent
