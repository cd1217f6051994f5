// A report for programs: one JSON object, durations in seconds, times RFC 3339 (UTC), shares 0 … 1.
#pragma once

#include <string>

#include "agent/report/report.h"

namespace sawlog::agent {

[[nodiscard]] std::string report_json(const Report& report);

}  // namespace sawlog::agent
