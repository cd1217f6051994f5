#include "agent/metrics/metric_set.h"

#include "agent/metrics/label_key.h"

namespace sawlog::agent {
namespace {

constexpr uint64_t kStateVersion = 2;

}  // namespace

base::Expected<Metric*> MetricSet::add(MetricSchema schema) {
  if (Metric* known = find(schema.name)) {
    if (known->schema().is_same_as(schema)) return known;
    return base::unexpected(
        base::ErrorCode::kInvalid,
        "cannot make metric '" + schema.name +
            "': another rule gives it another type, other labels or other buckets");
  }
  if (schema.is_recorded) ++recorded_count_;
  metrics_.push_back(std::make_unique<Metric>(std::move(schema), budget_));
  return metrics_.back().get();
}

base::Expected<void> MetricSet::record(const RecordedValue& value, int64_t time_unix_ns,
                                       int64_t now_unix_ns) {
  const auto metric = find_or_make(value);
  if (!metric) return tl::unexpected(metric.error());
  LabelKey key;
  for (const std::string& name : (*metric)->schema().labels) {
    const auto label = std::ranges::find(
        value.labels, name, [](const auto& pair) -> const auto& { return pair.first; });
    key.append(label->second);
  }
  const uint32_t series = (*metric)->series(key.bytes(), now_unix_ns);
  switch (value.kind) {
    case config::RuleKind::kCounter:
      (*metric)->add(series, value.value);
      break;
    case config::RuleKind::kGauge:
      (*metric)->set(series, value.value, time_unix_ns);
      break;
    case config::RuleKind::kHistogram:
      (void)(*metric)->observe(series, value.value);
      break;
  }
  return {};
}

base::Expected<Metric*> MetricSet::find_or_make(const RecordedValue& value) {
  if (Metric* known = find(value.name)) {
    const std::string contradiction = value.contradicts(known->schema());
    if (contradiction.empty()) return known;
    return base::unexpected(base::ErrorCode::kInvalid, "'" + value.name + "' " + contradiction);
  }
  if (recorded_count_ == kRecordedMax) {
    return base::unexpected(base::ErrorCode::kInvalid,
                            "'" + value.name + "' is one metric too many: there are " +
                                std::to_string(kRecordedMax) + " recorded ones");
  }
  return add(value.schema());
}

Metric* MetricSet::find(const std::string& name) {
  for (const auto& metric : metrics_) {
    if (metric->schema().name == name) return metric.get();
  }
  return nullptr;
}

bool MetricSet::close_before(int64_t unix_ns) {
  bool did_close = false;
  for (const auto& metric : metrics_) did_close |= metric->close_before(unix_ns);
  return did_close;
}

int64_t MetricSet::earliest_open_unix_ns() const {
  int64_t earliest = INT64_MAX;
  for (const auto& metric : metrics_) {
    earliest = std::min(earliest, metric->earliest_open_unix_ns());
  }
  return earliest;
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
    if (metric == nullptr && schema.is_recorded) metric = *add(schema);
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
