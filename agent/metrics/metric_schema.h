// What a metric is: two metrics with the same schema hold series of the same shape.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"

namespace sawlog::agent {

// A series is a row of 64-bit cells: first those that every kind has, then its own.
//   counter    sum, compensation, created
//   gauge      sum, compensation, created, time of the record that set it
//   histogram  sum, compensation, created, one count for each bucket
// sum and compensation are the bits of doubles (compensated_sum.h), the rest integers.
namespace cell {
constexpr size_t kSum = 0;
constexpr size_t kCompensation = 1;
constexpr size_t kCreated = 2;  // unix ns
constexpr size_t kSetTime = 3;  // of a gauge, unix ns
constexpr size_t kBuckets = 3;  // of a histogram
}  // namespace cell

struct MetricSchema {
  std::string name;
  config::RuleKind kind = config::RuleKind::kCounter;
  std::vector<std::string> labels;  // names, in the order of the key
  std::vector<double> bounds;       // of a histogram, rising, without +Inf
  std::string help;                 // not part of what makes two schemas the same, nor is:
  bool is_recorded = false;         // no rule made it, but POST /record

  [[nodiscard]] size_t cells_per_series() const {
    switch (kind) {
      case config::RuleKind::kCounter:
        return cell::kCreated + 1;
      case config::RuleKind::kGauge:
        return cell::kSetTime + 1;
      case config::RuleKind::kHistogram:
        return cell::kBuckets + bounds.size() + 1;
    }
    return 0;
  }
  [[nodiscard]] bool is_same_as(const MetricSchema& other) const {
    return name == other.name && kind == other.kind && labels == other.labels &&
           bounds == other.bounds;
  }
};

}  // namespace sawlog::agent
