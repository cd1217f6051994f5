// /status for people: one screen, for `sawlog status`.
#pragma once

#include <string>

#include "agent/status_report.h"

namespace sawlog::agent {

// At most this many files, those that lag most.
constexpr size_t kStatusTextFilesMax = 10;
[[nodiscard]] std::string status_text(const AgentStatus& status);

}  // namespace sawlog::agent
