#include "agent/metrics/metric_handler.h"

#include "agent/metrics/metric_set.h"
#include "agent/metrics/rules.h"
#include "parsers/record_reader.h"

namespace sawlog::agent {

class MetricHandler::Implementation {
 public:
  Implementation(std::unique_ptr<MetricSet> set, RuleSet rule_set, const base::Clock& system_clock,
                 MetricSnapshots& published)
      : metrics(std::move(set)),
        rules(std::move(rule_set)),
        reader(rules.fields(), parsers::Purpose::kFields),
        clock(system_clock),
        snapshots(published) {}

  std::unique_ptr<MetricSet> metrics;
  RuleSet rules;
  parsers::RecordReader reader;
  const base::Clock& clock;
  MetricSnapshots& snapshots;
};

base::Expected<std::unique_ptr<MetricHandler>> MetricHandler::create(
    const config::MetricsConfig& config, const base::Clock& clock, MetricSnapshots& snapshots) {
  auto metrics = std::make_unique<MetricSet>(config.series_max, config.series_total_max);
  auto rules = RuleSet::compile(config, *metrics);
  if (!rules) return tl::unexpected(rules.error());
  return std::unique_ptr<MetricHandler>(new MetricHandler(
      std::make_unique<Implementation>(std::move(metrics), std::move(*rules), clock, snapshots)));
}

MetricHandler::MetricHandler(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
MetricHandler::~MetricHandler() = default;

base::Expected<void> MetricHandler::restore(std::span<const std::string> states) {
  if (auto restored = implementation_->metrics->restore(states); !restored) return restored;
  saved();
  return {};
}

outputs::Handled MetricHandler::handle(const parsers::Chunk& chunk, outputs::Delivery delivery) {
  const int64_t now_unix_ns = implementation_->clock.unix_ns();
  outputs::Handled handled;
  implementation_->reader.start(chunk);
  while (const parsers::Record* record = implementation_->reader.next()) {
    if (record->shape() != parsers::Shape::kJson) ++handled.not_json_lines;
    implementation_->rules.apply(*record, now_unix_ns);
  }
  std::move(delivery).settle({.delivered = chunk.lines.size()});
  return handled;
}

std::string MetricHandler::save_state(outputs::SaveKind kind) {
  return implementation_->metrics->save(kind);
}

void MetricHandler::saved() {
  implementation_->metrics->saved();
  implementation_->snapshots.publish(implementation_->metrics->snapshot());
}

size_t MetricHandler::memory_bytes() const {
  return implementation_->metrics->memory_bytes();
}

}  // namespace sawlog::agent
