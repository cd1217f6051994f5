#include "agent/report/report_cells.h"

#include "agent/report/figures.h"

namespace sawlog::agent {

namespace {

std::string show_sum(const SumKind& kind, const std::optional<double>& sum) {
  if (!sum) return "-";
  return kind.meaning == SumMeaning::kShare ? show_share(*sum) : show_number(*sum);
}

}  // namespace

std::vector<std::string> head_lines(const Report& report) {
  std::string size =
      show_count(report.file_count) + (report.file_count == 1 ? " file, " : " files, ") +
      show_bytes(report.size_bytes) + ", " + show_count(report.line_count) + " lines";
  if (report.not_json_count > 0) size += ", " + show_count(report.not_json_count) + " not JSON";
  if (report.timeless_count > 0)
    size += ", " + show_count(report.timeless_count) + " without a time";
  std::vector<std::string> lines{size};
  if (report.first_unix_ns) {
    lines.push_back(show_time(*report.first_unix_ns) + " to " + show_time(*report.last_unix_ns) +
                    " UTC (" + show_duration(report.seconds() * 1e9) + ")");
  }
  return lines;
}

Cells section_head(const ReportSection& section) {
  Cells head{"", "count", "per s"};
  if (section.kind->failure != FailureRule::kNone) head.emplace_back("failed");
  for (const char* quantile : {"p50", "p95", "p99", "max"}) head.emplace_back(quantile);
  for (const SumKind& sum : used_sums(*section.kind)) head.emplace_back(sum.title);
  return head;
}

Cells section_cells(const ReportSection& section, const ReportRow& row) {
  Cells cells{row.name.empty() ? "all" : row.name, show_count(row.count),
              show_number(row.per_second)};
  if (section.kind->failure != FailureRule::kNone) cells.push_back(show_share(row.failed_share()));
  for (const int64_t ns : {row.p50_ns, row.p95_ns, row.p99_ns, row.max_ns}) {
    cells.push_back(row.timed == 0 ? "-" : show_duration(static_cast<double>(ns)));
  }
  const auto sums = used_sums(*section.kind);
  for (size_t i = 0; i < sums.size(); ++i) cells.push_back(show_sum(sums[i], row.sums[i]));
  return cells;
}

Cells slowest_head() {
  return {"", "took", "at (UTC)", "trace"};
}

Cells slowest_cells(const SlowRecord& slow) {
  return {slow.name, show_duration(static_cast<double>(slow.duration_ns)),
          slow.time_unix_ns == 0 ? "-" : show_time(slow.time_unix_ns),
          slow.trace_id.empty() ? "-" : slow.trace_id};
}

Cells errors_head() {
  return {"", "count", "first seen", "last seen", ""};
}

Cells error_cells(const ReportError& error) {
  const auto& [key, group, is_new] = error;
  const bool has_time = group.first_unix_ns <= group.last_unix_ns;
  const bool has_both = !key.type.empty() && !key.form.empty();
  const std::string name = key.type + (has_both ? ": " : "") + key.form;
  return {name.empty() ? "-" : name, show_count(group.count),
          has_time ? show_time(group.first_unix_ns) : "-",
          has_time ? show_time(group.last_unix_ns) : "-", is_new ? "new" : ""};
}

std::string show_change(const ReportChange& change) {
  switch (change.what) {
    case ReportChange::What::kRate:
      return show_number(change.before) + " → " + show_number(change.after) + " a second";
    case ReportChange::What::kFailures:
      return show_share(change.before) + " → " + show_share(change.after) + " failed";
    case ReportChange::What::kDuration:
      return "took " + show_duration(change.before) + " → " + show_duration(change.after) +
             " on average";
  }
  return "";
}

}  // namespace sawlog::agent
