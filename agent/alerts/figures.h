// The figures of a moment, by name: what /metrics would show. Conditions of alerts read them.
//
// Metrics made from the logs are read from their snapshot where they stand; what else there is (the
// host's and the agent's own) is added. Single-threaded.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/metrics/metric_snapshot.h"
#include "config/config.h"
#include "parsers/figure_condition.h"

namespace sawlog::agent {

// One series; views are good during the visit.
struct FigureSample {
  config::RuleKind kind = config::RuleKind::kGauge;
  parsers::FigureLabelViews labels;
  double value = 0;  // of a histogram: the sum
  std::span<const double> bounds;
  std::span<const double> buckets;
  bool began_at_zero = true;  // not so the host's: what is new to us may have counted for days
};

class Figures {
 public:
  using Visit = std::function<void(const FigureSample&)>;

  explicit Figures(std::shared_ptr<const MetricSetSnapshot> snapshot = nullptr)
      : snapshot_(std::move(snapshot)) {}

  void add(std::string_view name, config::RuleKind kind, parsers::FigureLabels labels,
           double value);
  void add_histogram(std::string_view name, parsers::FigureLabels labels,
                     std::vector<double> bounds, std::vector<double> buckets);
  // What collect writes.
  void add(const CollectFunction& collect);

  // All series of the metric; NAME_sum and NAME_count of a histogram are counters.
  void visit(const std::string& metric, const Visit& visit) const;

 private:
  struct Added {
    config::RuleKind kind = config::RuleKind::kGauge;
    parsers::FigureLabels labels;
    double value = 0;
    std::vector<double> bounds;
    std::vector<double> buckets;
  };
  bool visit_named(const std::string& metric, const Visit& visit) const;

  std::shared_ptr<const MetricSetSnapshot> snapshot_;
  std::map<std::string, std::vector<Added>, std::less<>> added_;
};

// Series of one metric, added up by labels.
struct FigureTotal {
  double value = 0;
  std::vector<double> buckets;  // of a histogram
};
struct FigureTotals {
  std::map<parsers::FigureLabels, FigureTotal> by_labels;
  std::vector<double> bounds;  // of a histogram
  bool began_at_zero = true;   // each series
  uint64_t left_out = 0;       // series that would have been labels beyond kGroupsMax
};

constexpr size_t kGroupsMax = 500;  // of one selection

// As parsers/figure_condition.h says.
[[nodiscard]] FigureTotals add_up(const Figures& figures, const parsers::FigureSelection& selection,
                                  std::span<const std::string> by);

}  // namespace sawlog::agent
