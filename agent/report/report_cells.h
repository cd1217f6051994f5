// The tables of a report as texts, for all renderers that people read: one function for the head,
// one for a row. What comes from the logs is as it was there: renderers escape it.
#pragma once

#include <string>
#include <vector>

#include "agent/report/report.h"

namespace sawlog::agent {

using Cells = std::vector<std::string>;

// Files, lines, the time covered: a sentence each.
[[nodiscard]] std::vector<std::string> head_lines(const Report& report);

[[nodiscard]] Cells section_head(const ReportSection& section);
[[nodiscard]] Cells section_cells(const ReportSection& section, const ReportRow& row);
[[nodiscard]] Cells slowest_head();
[[nodiscard]] Cells slowest_cells(const SlowRecord& slow);
[[nodiscard]] Cells errors_head();
[[nodiscard]] Cells error_cells(const ReportError& error);
// "12 ms → 40 ms on average"
[[nodiscard]] std::string show_change(const ReportChange& change);

}  // namespace sawlog::agent
