// All metrics of the agent that come from the logs: made by the rules, saved and shown together.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/metrics/metric.h"
#include "agent/metrics/recorded_value.h"
#include "lib/base/error.h"

namespace sawlog::agent {

class MetricSet {
 public:
  static constexpr size_t kRecordedMax = 500;

  MetricSet(uint64_t series_max, uint64_t series_total_max) {
    budget_.series_max = series_max;
    budget_.series_total_max = series_total_max;
  }

  // The metric of this schema; several rules may feed one. kInvalid if the name is taken by a
  // metric of another type, other labels or other buckets. The reference stays good.
  [[nodiscard]] base::Expected<Metric*> add(MetricSchema schema);
  // Counts a value that was recorded, in the metric of its name, made if there is none. kInvalid if
  // the value contradicts the metric, or kRecordedMax metrics were made so.
  [[nodiscard]] base::Expected<void> record(const RecordedValue& value, int64_t time_unix_ns,
                                            int64_t now_unix_ns);

  // Of all gauges that count what goes on: closes what started before the time; whether anything
  // did.
  bool close_before(int64_t unix_ns);
  // Of what is open; INT64_MAX if nothing is. May be too early.
  [[nodiscard]] int64_t earliest_open_unix_ns() const;

  // "" for a delta when nothing changed.
  [[nodiscard]] std::string save(outputs::SaveKind kind);
  void saved();
  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states);
  // As of the last save() or restore().
  [[nodiscard]] std::shared_ptr<const MetricSetSnapshot> snapshot() const;
  [[nodiscard]] size_t memory_bytes() const;

 private:
  [[nodiscard]] bool restore_blocks(StateReader& reader);
  Metric* find(const std::string& name);
  base::Expected<Metric*> find_or_make(const RecordedValue& value);

  SeriesBudget budget_;
  std::vector<std::unique_ptr<Metric>> metrics_;
  size_t recorded_count_ = 0;
};

}  // namespace sawlog::agent
