#include "agent/metrics/metric_set.h"

namespace sawlog::agent {
namespace {

constexpr uint64_t kStateVersion = 1;

}  // namespace

base::Expected<Metric*> MetricSet::add(MetricSchema schema) {
  if (Metric* known = find(schema.name)) {
    if (known->schema().is_same_as(schema)) return known;
    return base::unexpected(
        base::ErrorCode::kInvalid,
        "cannot make metric '" + schema.name +
            "': another rule gives it another type, other labels or other buckets");
  }
  metrics_.push_back(std::make_unique<Metric>(std::move(schema), budget_));
  return metrics_.back().get();
}

Metric* MetricSet::find(const std::string& name) {
  for (const auto& metric : metrics_) {
    if (metric->schema().name == name) return metric.get();
  }
  return nullptr;
}

std::string MetricSet::save(outputs::SaveKind kind) {
  std::string blocks;
  for (const auto& metric : metrics_) metric->save(kind, blocks);
  if (blocks.empty() && kind == outputs::SaveKind::kDelta) return {};
  std::string state;
  StateWriter(state).number(kStateVersion);
  return state.append(blocks);
}

void MetricSet::saved() {
  for (const auto& metric : metrics_) metric->saved();
}

base::Expected<void> MetricSet::restore(std::span<const std::string> states) {
  for (const std::string& state : states) {
    if (state.empty()) continue;
    StateReader reader(state);
    const uint64_t version = reader.number();
    if (version != kStateVersion) {
      return base::unexpected(base::ErrorCode::kCorrupt,
                              "cannot read the metrics' state: it has version " +
                                  std::to_string(version) + ", this program knows " +
                                  std::to_string(kStateVersion));
    }
    if (!restore_blocks(reader)) {
      return base::unexpected(base::ErrorCode::kCorrupt,
                              "cannot read the metrics' state: its bytes are damaged");
    }
  }
  for (const auto& metric : metrics_) metric->restored();
  return {};
}

bool MetricSet::restore_blocks(StateReader& reader) {
  while (!reader.at_end()) {
    const MetricSchema schema = read_schema(reader);
    if (!reader.ok() || schema.kind > config::RuleKind::kHistogram) return false;
    Metric* metric = find(schema.name);
    const bool is_ours = metric != nullptr && metric->schema().is_same_as(schema);
    if (!(is_ours ? metric->restore(reader) : Metric::skip(reader, schema))) return false;
  }
  return reader.ok();
}

std::shared_ptr<const MetricSetSnapshot> MetricSet::snapshot() const {
  auto snapshot = std::make_shared<MetricSetSnapshot>();
  for (const auto& metric : metrics_) snapshot->push_back(metric->snapshot());
  std::ranges::sort(*snapshot, {}, [](const auto& metric) { return metric->schema->name; });
  return snapshot;
}

size_t MetricSet::memory_bytes() const {
  size_t bytes = 0;
  for (const auto& metric : metrics_) bytes += metric->memory_bytes();
  return bytes;
}

}  // namespace sawlog::agent
