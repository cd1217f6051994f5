#include "agent/dashboard/figures.h"

#include <algorithm>
#include <map>
#include <span>

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

std::string_view value_of(std::span<const LabelView> labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &LabelView::name);
  return found == labels.end() ? std::string_view() : found->value;
}

// By name, which is a key of kWanted, and group.
using Sums = std::map<std::pair<std::string_view, std::string>, double>;

Sums add_up_collected(const CollectFunction& collect) {
  Sums sums;
  ExpositionWriter writer(
      [&sums](std::string_view name, FamilyType, std::span<const LabelView> labels, double value) {
        const auto wanted = kWanted.find(name);
        if (wanted == kWanted.end()) return;
        const std::string_view group = value_of(labels, wanted->second.group_label);
        if (!group.empty() && group == wanted->second.left_out) return;
        sums[{wanted->first, std::string(group)}] += value;
      });
  collect(writer);
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
                                         const CollectFunction& collect) {
  std::vector<HistoryPoint> points;
  for (const auto& [name, total] : add_up(snapshot)) add_total(name, total, points);
  for (const auto& [series, value] : add_up_collected(collect)) {
    points.push_back(
        {std::string(series.first), series.second, kWanted.at(series.first).kind, {value}, {}});
  }
  return points;
}

}  // namespace sawlog::agent
