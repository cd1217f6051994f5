// The consumer of the metrics: counts the events that the lines tell of.
//
//   chunk ──▶ RecordReader (only the fields that rules ask for) ──▶ RuleSet ──▶ MetricSet
//   chunk of what was sent by POST /record ──▶ RecordedValue ──────────────────▶ MetricSet
//
// Invariants (design promise 6):
//   * a delivery is settled as soon as its lines are counted; both are saved in the same record, so
//     that a line is counted once, whatever crashes;
//   * /metrics shows only what was saved: saved() publishes the series as save_state() wrote them;
//   * what started longer than open_max ago and did not end leaves its gauge, also when nothing is
//     read: that is a change to be saved like any other.
// Single-threaded but for the snapshots.
#pragma once

#include <memory>

#include "agent/metrics/metric_snapshot.h"
#include "config/config.h"
#include "lib/base/clock.h"
#include "outputs/output.h"

namespace sawlog::agent {

class MetricHandler final : public outputs::Output {
 public:
  // snapshots and clock outlive the handler. kInvalid if rules contradict each other.
  [[nodiscard]] static base::Expected<std::unique_ptr<MetricHandler>> create(
      const config::MetricsConfig& config, const base::Clock& clock, MetricSnapshots& snapshots);
  ~MetricHandler() override;

  // Series of metrics that are no longer configured are dropped. kCorrupt for a damaged state.
  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override;
  [[nodiscard]] bool wants_more() const override { return true; }
  [[nodiscard]] outputs::Handled handle(const parsers::Chunk& chunk,
                                        outputs::Delivery delivery) override;
  outputs::Wake step() override;
  void drain() override {}
  [[nodiscard]] std::string save_state(outputs::SaveKind kind) override;
  void saved() override;
  [[nodiscard]] bool wants_save() const override;
  [[nodiscard]] int64_t save_delay_ns() const override { return base::kNsPerSecond; }
  [[nodiscard]] std::vector<std::string> take_notices() override;
  [[nodiscard]] outputs::Health health() const override { return {}; }
  [[nodiscard]] outputs::OutputCounters counters() const override { return {}; }
  [[nodiscard]] std::vector<outputs::DeadLetterCount> dead_letters() const override { return {}; }
  [[nodiscard]] size_t memory_bytes() const override;

 private:
  class Implementation;
  explicit MetricHandler(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::agent
