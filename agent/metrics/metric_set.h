// All metrics of the agent that come from the logs: made by the rules, saved and shown together.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/metrics/metric.h"
#include "lib/base/error.h"

namespace sawlog::agent {

class MetricSet {
 public:
  MetricSet(uint64_t series_max, uint64_t series_total_max) {
    budget_.series_max = series_max;
    budget_.series_total_max = series_total_max;
  }

  // The metric of this schema; several rules may feed one. kInvalid if the name is taken by a
  // metric of another type, other labels or other buckets. The reference stays good.
  [[nodiscard]] base::Expected<Metric*> add(MetricSchema schema);

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

  SeriesBudget budget_;
  std::vector<std::unique_ptr<Metric>> metrics_;
};

}  // namespace sawlog::agent
