// What /metrics shows: the series as they were when they were last saved with the cursors.
//
// Immutable and shared between the consumer's thread, which publishes, and the scrapes under way;
// the last holder frees it. Metrics that did not change since the snapshot before are the same
// objects.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/exemplars.h"
#include "agent/metrics/exposition.h"
#include "agent/metrics/metric_schema.h"

namespace sawlog::agent {

// The labels of all series of a metric, in the order they were first seen.
struct SeriesKeys {
  std::vector<std::string_view> keys;                 // see label_key.h
  std::vector<std::shared_ptr<const char[]>> blocks;  // what the keys lie in
};

struct MetricSnapshot {
  std::shared_ptr<const MetricSchema> schema;
  std::shared_ptr<const SeriesKeys> series;
  std::vector<uint64_t> cells;        // schema->cells_per_series for each series
  std::vector<uint32_t> open_counts;  // of a gauge, by series: what goes on; the rest have none
  std::vector<Exemplar> exemplars;    // see exemplars.h
  uint64_t overflow_count = 0;        // values that went to the overflow series

  [[nodiscard]] std::span<const uint64_t> row(uint32_t index) const {
    const size_t size = schema->cells_per_series();
    return std::span(cells).subspan(index * size, size);
  }
  // Of a counter or gauge; of a histogram the sum. What a record said of a gauge goes before what
  // was counted as open.
  [[nodiscard]] double value(uint32_t index) const;
};

using MetricSetSnapshot = std::vector<std::shared_ptr<const MetricSnapshot>>;  // sorted by name

// Series sorted by their label values.
void write_snapshot(const MetricSetSnapshot& snapshot, ExpositionWriter& writer);

// Where the snapshot passes from the consumer to the scrapes. Thread-safe.
class MetricSnapshots {
 public:
  // nullptr before the first save or restore.
  [[nodiscard]] std::shared_ptr<const MetricSetSnapshot> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  void publish(std::shared_ptr<const MetricSetSnapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    current_ = std::move(snapshot);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const MetricSetSnapshot> current_;
};

// The body of /metrics: the snapshot, then what collect adds.
[[nodiscard]] std::string render_metrics(const MetricSnapshots& snapshots,
                                         const CollectFunction& collect, ExpositionFormat format);

}  // namespace sawlog::agent
