#include "agent/report/report_json.h"

#include "agent/json_object.h"
#include "parsers/record.h"

namespace sawlog::agent {

namespace {

constexpr double kNsPerSecond = 1e9;

void append_time(std::string& out, int64_t unix_ns) {
  out += '"';
  base::append_rfc3339(out, unix_ns);
  out += '"';
}

void append_seconds(JsonObject& object, std::string_view name, double ns) {
  base::append_double(object.key(name), ns / kNsPerSecond);
}

void append_row(std::string& out, const ReportKind& kind, const ReportRow& row) {
  JsonObject object(out);
  if (!row.name.empty()) object.text("name", row.name);
  object.number("count", row.count);
  base::append_double(object.key("per_second"), row.per_second);
  if (kind.failure != FailureRule::kNone) object.number("failed", row.failed);
  if (row.timed > 0) {
    JsonObject duration(object.key("duration"));
    duration.number("count", row.timed);
    append_seconds(duration, "mean", row.mean_ns);
    append_seconds(duration, "p50", static_cast<double>(row.p50_ns));
    append_seconds(duration, "p95", static_cast<double>(row.p95_ns));
    append_seconds(duration, "p99", static_cast<double>(row.p99_ns));
    append_seconds(duration, "max", static_cast<double>(row.max_ns));
  }
  const auto sums = used_sums(kind);
  for (size_t i = 0; i < sums.size(); ++i) {
    if (row.sums[i]) base::append_double(object.key(sums[i].name), *row.sums[i]);
  }
}

void append_section(std::string& out, const ReportSection& section) {
  JsonObject object(out);
  append_row(object.key("all"), *section.kind, section.total);
  append_array(object.key("rows"), section.rows,
               [&](const ReportRow& row) { append_row(out, *section.kind, row); });
}

void append_errors(std::string& out, const std::vector<ReportError>& errors) {
  append_array(out, errors, [&out](const ReportError& error) {
    JsonObject object(out);
    object.text("type", error.key.type);
    object.text("message", error.key.form);
    object.number("count", error.group.count);
    if (error.group.first_unix_ns <= error.group.last_unix_ns) {
      append_time(object.key("first"), error.group.first_unix_ns);
      append_time(object.key("last"), error.group.last_unix_ns);
    }
    object.text("service", error.group.service);
    object.text("logger", error.group.logger);
    object.flag("is_new", error.is_new);
  });
}

void append_slowest(std::string& out, const std::vector<SlowRecord>& slowest) {
  append_array(out, slowest, [&out](const SlowRecord& slow) {
    JsonObject object(out);
    object.text("kind", report_kinds()[slow.kind].name);
    object.text("name", slow.name);
    append_seconds(object, "duration", static_cast<double>(slow.duration_ns));
    if (slow.time_unix_ns != 0) append_time(object.key("time"), slow.time_unix_ns);
    if (!slow.trace_id.empty()) object.text("trace_id", slow.trace_id);
  });
}

std::string_view name_of(ReportChange::What what) {
  switch (what) {
    case ReportChange::What::kRate:
      return "per_second";
    case ReportChange::What::kFailures:
      return "failed_share";
    case ReportChange::What::kDuration:
      return "mean_duration";
  }
  return "";
}

void append_changes(std::string& out, const std::vector<ReportChange>& changes) {
  append_array(out, changes, [&out](const ReportChange& change) {
    const double unit = change.what == ReportChange::What::kDuration ? kNsPerSecond : 1;
    JsonObject object(out);
    object.text("kind", change.kind->name);
    object.text("name", change.name);
    object.text("what", name_of(change.what));
    base::append_double(object.key("before"), change.before / unit);
    base::append_double(object.key("after"), change.after / unit);
  });
}

void append_times(std::string& out, const ReportTimes& times) {
  JsonObject object(out);
  append_time(object.key("begin"), times.begin_unix_s * static_cast<int64_t>(kNsPerSecond));
  object.number("width_seconds", static_cast<uint64_t>(times.width_s));
  {
    JsonObject levels(object.key("levels"));
    for (size_t level = 1; level < kLevels; ++level) {
      append_array(levels.key(parsers::level_name(static_cast<parsers::Level>(level))),
                   times.levels[level],
                   [&out](uint64_t count) { base::append_unsigned(out, count); });
    }
  }
  append_array(object.key("requests"), times.requests,
               [&out](const Timeline::Slot& slot) { base::append_unsigned(out, slot.count); });
}

}  // namespace

std::string report_json(const Report& report) {
  std::string out;
  {
    JsonObject object(out);
    object.number("files", report.file_count);
    object.number("bytes", report.size_bytes);
    object.number("lines", report.line_count);
    object.number("not_json", report.not_json_count);
    object.number("without_time", report.timeless_count);
    if (report.first_unix_ns) {
      append_time(object.key("first"), *report.first_unix_ns);
      append_time(object.key("last"), *report.last_unix_ns);
    }
    append_array(object.key("defects"), report.defects,
                 [&out](const std::string& defect) { base::append_json_string(out, defect); });
    {
      JsonObject levels(object.key("levels"));
      for (size_t level = 0; level < kLevels; ++level) {
        const auto name = parsers::level_name(static_cast<parsers::Level>(level));
        levels.number(name.empty() ? "none" : name, report.levels[level]);
      }
    }
    for (const ReportSection& section : report.sections) {
      append_section(object.key(section.kind->name), section);
    }
    {
      JsonObject statuses(object.key("status_codes"));
      for (const auto& [status, count] : report.statuses) statuses.number(status, count);
    }
    append_slowest(object.key("slowest"), report.slowest);
    append_errors(object.key("errors"), report.errors);
    append_changes(object.key("changes"), report.changes);
    if (report.first_unix_ns) append_times(object.key("times"), report.times);
  }
  out += '\n';
  return out;
}

}  // namespace sawlog::agent
