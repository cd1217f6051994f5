// /summary: what the metrics say of the last minutes, as one small JSON object for people and
// scripts that have no Prometheus.
//
// The series of each metric are added up, and such totals are kept from time to time; rates and
// quantiles are those of the difference between now and the totals of about kWindowNs ago (or of
// the start, when that is later): window_seconds says of which time. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "agent/metrics/metric_snapshot.h"

namespace sawlog::agent {

// The series of one metric added up.
struct MetricTotal {
  config::RuleKind kind = config::RuleKind::kCounter;
  double value = 0;                  // of a histogram: the sum of all values
  std::vector<double> bounds;        // of a histogram
  std::vector<double> buckets;       // how many fell into each, one more than bounds
  std::map<std::string, double> by;  // values by that label which the summary tells apart
};

using MetricTotals = std::map<std::string, MetricTotal>;

[[nodiscard]] MetricTotals add_up(const MetricSetSnapshot& snapshot);

class Summary {
 public:
  static constexpr int64_t kWindowNs = 300'000'000'000;
  static constexpr int64_t kIntervalNs = 10'000'000'000;  // between two totals that are kept

  // Keeps the totals if the last ones are old enough. Cheap if not.
  void look(const MetricSetSnapshot& snapshot, int64_t now_monotonic_ns);
  [[nodiscard]] std::string json(const MetricSetSnapshot& snapshot, int64_t now_monotonic_ns,
                                 int64_t now_unix_ns) const;

 private:
  struct Kept {
    int64_t at_monotonic_ns = 0;
    MetricTotals totals;
  };
  mutable std::mutex mutex_;
  std::deque<Kept> kept_;  // oldest first; the first may be older than the window
};

}  // namespace sawlog::agent
