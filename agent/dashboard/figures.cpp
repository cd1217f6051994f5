#include "agent/dashboard/figures.h"

#include <charconv>
#include <map>
#include <optional>

#include "agent/metrics/summary.h"

namespace sawlog::agent {
namespace {

// What is kept of the agent's own and the host's metrics: a name, the label whose values are told
// apart, and one of them that is left out.
struct Wanted {
  std::string_view group_label;
  SeriesKind kind = SeriesKind::kGauge;
  std::string_view left_out = {};
};

const std::map<std::string_view, Wanted> kWanted = {
    {"node_cpu_seconds_total", {"mode", SeriesKind::kCounter}},
    {"node_memory_MemTotal_bytes", {}},
    {"node_memory_MemAvailable_bytes", {}},
    {"node_load1", {}},
    {"node_filesystem_size_bytes", {"mountpoint", SeriesKind::kGauge}},
    {"node_filesystem_avail_bytes", {"mountpoint", SeriesKind::kGauge}},
    {"node_disk_read_bytes_total", {"", SeriesKind::kCounter}},
    {"node_disk_written_bytes_total", {"", SeriesKind::kCounter}},
    {"node_network_receive_bytes_total", {"device", SeriesKind::kCounter, "lo"}},
    {"node_network_transmit_bytes_total", {"device", SeriesKind::kCounter, "lo"}},
    {"sawlog_lag_bytes", {"consumer", SeriesKind::kGauge}},
    {"sawlog_memory_bytes", {"consumer", SeriesKind::kGauge}},
    {"sawlog_read_bytes_total", {"source", SeriesKind::kCounter}},
    {"sawlog_records_total", {"consumer", SeriesKind::kCounter}},
    {"sawlog_sent_bytes_total", {"output", SeriesKind::kCounter}},
    {"sawlog_output_up", {"output", SeriesKind::kGauge}},
};

// A sample of the text format; views into it.
struct Sample {
  std::string_view name;
  std::string_view labels;  // without braces
  double value = 0;
};

std::optional<Sample> parse_sample(std::string_view line) {
  if (line.empty() || line.front() == '#') return std::nullopt;
  const size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return std::nullopt;
  Sample sample;
  const std::string_view number = line.substr(space + 1);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), sample.value);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  const std::string_view series = line.substr(0, space);
  const size_t brace = series.find('{');
  sample.name = series.substr(0, brace);
  if (brace != std::string_view::npos) {
    sample.labels = series.substr(brace + 1, series.size() - brace - 2);
  }
  return sample;
}

// The value of a label as it is written, or "".
std::string_view label_value(std::string_view labels, std::string_view name) {
  while (!labels.empty()) {
    const size_t equals = labels.find("=\"");
    if (equals == std::string_view::npos) return {};
    size_t end = equals + 2;
    while (end < labels.size() && labels[end] != '"') end += labels[end] == '\\' ? 2 : 1;
    if (end >= labels.size()) return {};
    if (labels.substr(0, equals) == name) return labels.substr(equals + 2, end - equals - 2);
    labels.remove_prefix(std::min(end + 2, labels.size()));  // the quote and the comma
  }
  return {};
}

using Sums = std::map<std::pair<std::string_view, std::string_view>, double>;

Sums add_up_text(std::string_view exposition) {
  Sums sums;
  while (!exposition.empty()) {
    const size_t end = std::min(exposition.find('\n'), exposition.size());
    const auto sample = parse_sample(exposition.substr(0, end));
    exposition.remove_prefix(std::min(end + 1, exposition.size()));
    if (!sample) continue;
    const auto wanted = kWanted.find(sample->name);
    if (wanted == kWanted.end()) continue;
    const std::string_view group = label_value(sample->labels, wanted->second.group_label);
    if (!group.empty() && group == wanted->second.left_out) continue;
    sums[{wanted->first, group}] += sample->value;
  }
  return sums;
}

void add_total(const std::string& name, const MetricTotal& total,
               std::vector<HistoryPoint>& points) {
  switch (total.kind) {
    case config::RuleKind::kHistogram: {
      HistoryPoint point{name, "", SeriesKind::kHistogram, total.buckets, total.bounds};
      point.values.push_back(total.value);
      points.push_back(std::move(point));
      break;
    }
    case config::RuleKind::kGauge:
      points.push_back({name, "", SeriesKind::kGauge, {total.value}, {}});
      break;
    case config::RuleKind::kCounter:
      if (total.by.empty()) points.push_back({name, "", SeriesKind::kCounter, {total.value}, {}});
      for (const auto& [group, value] : total.by) {
        points.push_back({name, group, SeriesKind::kCounter, {value}, {}});
      }
      break;
  }
}

}  // namespace

std::vector<HistoryPoint> history_points(const MetricSetSnapshot& snapshot,
                                         std::string_view exposition) {
  std::vector<HistoryPoint> points;
  for (const auto& [name, total] : add_up(snapshot)) add_total(name, total, points);
  for (const auto& [series, value] : add_up_text(exposition)) {
    points.push_back({std::string(series.first),
                      std::string(series.second),
                      kWanted.at(series.first).kind,
                      {value},
                      {}});
  }
  return points;
}

}  // namespace sawlog::agent
