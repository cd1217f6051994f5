// A report for the terminal: plain text, at most about a hundred columns, no colours. What comes
// from the logs is shown with its control characters escaped.
#pragma once

#include <string>

#include "agent/report/report.h"

namespace sawlog::agent {

[[nodiscard]] std::string report_text(const Report& report);

}  // namespace sawlog::agent
