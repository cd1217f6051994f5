#include "agent/metrics/metric_handler.h"

#include "agent/metrics/metric_set.h"
#include "agent/metrics/rules.h"
#include "parsers/record_reader.h"

namespace sawlog::agent {

// The rules of one list of presets, and what reads the fields that they ask for.
struct RulesAndReader {
  explicit RulesAndReader(RuleSet rule_set)
      : rules(std::move(rule_set)), reader(rules.fields(), parsers::Purpose::kFields) {}
  RuleSet rules;
  parsers::RecordReader reader;
};

class MetricHandler::Implementation {
 public:
  Implementation(uint64_t series_max, uint64_t series_total_max, const base::Clock& system_clock,
                 MetricSnapshots& published)
      : metrics(series_max, series_total_max), clock(system_clock), snapshots(published) {}

  base::Expected<void> add_rules(const config::MetricsConfig& config) {
    auto compiled = RuleSet::compile(config, metrics);
    if (!compiled) return tl::unexpected(compiled.error());
    rules.push_back(std::make_unique<RulesAndReader>(std::move(*compiled)));
    return {};
  }
  RulesAndReader& rules_for(const std::string& source) {
    const auto found = rules_by_source.find(source);
    return *rules[found == rules_by_source.end() ? 0 : found->second];
  }

  MetricSet metrics;
  std::vector<std::unique_ptr<RulesAndReader>>
      rules;  // [0]: of sources without a list of their own
  std::unordered_map<std::string, size_t> rules_by_source;
  const base::Clock& clock;
  MetricSnapshots& snapshots;
};

base::Expected<std::unique_ptr<MetricHandler>> MetricHandler::create(
    const config::MetricsConfig& config, const base::Clock& clock, MetricSnapshots& snapshots) {
  auto made = std::make_unique<Implementation>(config.series_max, config.series_total_max, clock,
                                               snapshots);
  if (auto added = made->add_rules(config); !added) return tl::unexpected(added.error());
  for (const auto& [source, presets] : config.presets_by_source) {
    config::MetricsConfig own = config;
    own.presets = presets;
    made->rules_by_source.emplace(source, made->rules.size());
    if (auto added = made->add_rules(own); !added) return tl::unexpected(added.error());
  }
  return std::unique_ptr<MetricHandler>(new MetricHandler(std::move(made)));
}

MetricHandler::MetricHandler(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
MetricHandler::~MetricHandler() = default;

base::Expected<void> MetricHandler::restore(std::span<const std::string> states) {
  if (auto restored = implementation_->metrics.restore(states); !restored) return restored;
  saved();
  return {};
}

outputs::Handled MetricHandler::handle(const parsers::Chunk& chunk, outputs::Delivery delivery) {
  const int64_t now_unix_ns = implementation_->clock.unix_ns();
  outputs::Handled handled;
  auto& [rules, reader] = implementation_->rules_for(chunk.source->name);
  reader.start(chunk);
  while (const parsers::Record* record = reader.next()) {
    if (record->shape() != parsers::Shape::kJson) ++handled.not_json_lines;
    rules.apply(*record, now_unix_ns);
  }
  std::move(delivery).settle({.delivered = chunk.lines.size()});
  return handled;
}

std::string MetricHandler::save_state(outputs::SaveKind kind) {
  return implementation_->metrics.save(kind);
}

void MetricHandler::saved() {
  implementation_->metrics.saved();
  implementation_->snapshots.publish(implementation_->metrics.snapshot());
}

size_t MetricHandler::memory_bytes() const {
  return implementation_->metrics.memory_bytes();
}

}  // namespace sawlog::agent
