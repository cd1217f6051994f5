#include "agent/metrics/metric_handler.h"

#include "agent/metrics/metric_set.h"
#include "agent/metrics/rules.h"
#include "parsers/record_reader.h"

namespace sawlog::agent {
namespace {

constexpr size_t kNoticesMax = 10;

}  // namespace

// The rules of one list of presets, and what reads the fields that they ask for.
struct RulesAndReader {
  explicit RulesAndReader(RuleSet rule_set)
      : rules(std::move(rule_set)), reader(rules.fields(), parsers::Purpose::kFields) {}
  RuleSet rules;
  parsers::RecordReader reader;
};

class MetricHandler::Implementation {
 public:
  Implementation(const config::MetricsConfig& config, const base::Clock& system_clock,
                 MetricSnapshots& published)
      : metrics(config.series_max, config.series_total_max),
        open_max_ns(config.open_max_ns),
        clock(system_clock),
        snapshots(published) {}

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

  // What the endpoint took was checked there; the metric may have become another one since.
  void count_recorded(const parsers::Record& record, int64_t now_unix_ns) {
    const auto value = parse_recorded(record.raw());
    const auto counted = value ? metrics.record(*value, record.time_unix_ns(), now_unix_ns)
                               : base::Expected<void>(tl::unexpected(value.error()));
    if (!counted && refused.size() < kNoticesMax) {
      refused.push_back("cannot count a recorded value: " + counted.error().message);
    }
  }

  MetricSet metrics;
  const int64_t open_max_ns;
  std::vector<std::string> refused;  // recorded values, since the last look
  bool has_expired = false;          // something left its gauge since the last save
  std::vector<std::unique_ptr<RulesAndReader>>
      rules;  // [0]: of sources without a list of their own
  std::unordered_map<std::string, size_t> rules_by_source;
  const base::Clock& clock;
  MetricSnapshots& snapshots;
};

base::Expected<std::unique_ptr<MetricHandler>> MetricHandler::create(
    const config::MetricsConfig& config, const base::Clock& clock, MetricSnapshots& snapshots) {
  auto made = std::make_unique<Implementation>(config, clock, snapshots);
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
  const bool is_recorded = chunk.source->name == config::kRecordedSource;
  reader.start(chunk);
  while (const parsers::Record* record = reader.next()) {
    if (record->shape() != parsers::Shape::kJson) ++handled.not_json_lines;
    if (is_recorded) {
      implementation_->count_recorded(*record, now_unix_ns);
    } else {
      rules.apply(*record, now_unix_ns);
    }
  }
  std::move(delivery).settle({.delivered = chunk.lines.size()});
  return handled;
}

outputs::Wake MetricHandler::step() {
  Implementation& self = *implementation_;
  const int64_t now_unix_ns = self.clock.unix_ns();
  if (self.metrics.close_before(now_unix_ns - self.open_max_ns)) self.has_expired = true;
  const int64_t earliest_unix_ns = self.metrics.earliest_open_unix_ns();
  outputs::Wake wake;
  if (earliest_unix_ns != INT64_MAX) {
    const int64_t left_ns = earliest_unix_ns - now_unix_ns + self.open_max_ns;
    wake.at_monotonic_ns = self.clock.monotonic_ns() + std::max<int64_t>(left_ns, 0) + 1;
  }
  return wake;
}

std::vector<std::string> MetricHandler::take_notices() {
  return std::exchange(implementation_->refused, {});
}

bool MetricHandler::wants_save() const {
  return implementation_->has_expired;
}

std::string MetricHandler::save_state(outputs::SaveKind kind) {
  return implementation_->metrics.save(kind);
}

void MetricHandler::saved() {
  implementation_->has_expired = false;
  implementation_->metrics.saved();
  implementation_->snapshots.publish(implementation_->metrics.snapshot());
}

size_t MetricHandler::memory_bytes() const {
  size_t bytes = implementation_->metrics.memory_bytes();
  for (const auto& of_source : implementation_->rules) bytes += of_source->rules.memory_bytes();
  return bytes;
}

}  // namespace sawlog::agent
