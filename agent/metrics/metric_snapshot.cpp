#include "agent/metrics/metric_snapshot.h"

#include <bit>
#include <numeric>

#include "agent/metrics/compensated_sum.h"
#include "agent/metrics/label_key.h"
#include "lib/base/check.h"

namespace sawlog::agent {
namespace {

FamilyType family_type(config::RuleKind kind) {
  switch (kind) {
    case config::RuleKind::kCounter:
      return FamilyType::kCounter;
    case config::RuleKind::kGauge:
      return FamilyType::kGauge;
    case config::RuleKind::kHistogram:
      return FamilyType::kHistogram;
  }
  return FamilyType::kGauge;
}

// The values of all series, one after the other, and the order in which they are shown.
struct SortedSeries {
  std::vector<std::string_view> values;
  std::vector<uint32_t> order;
};

SortedSeries sort_series(const MetricSnapshot& metric) {
  const size_t label_count = metric.schema->labels.size();
  const size_t series_count = metric.series->keys.size();
  SortedSeries sorted;
  sorted.values.resize(label_count * series_count);
  for (size_t i = 0; i < series_count; ++i) {
    CHECK(split_key(metric.series->keys[i],
                    std::span(sorted.values).subspan(i * label_count, label_count)));
  }
  sorted.order.resize(series_count);
  std::iota(sorted.order.begin(), sorted.order.end(), 0u);
  std::ranges::sort(sorted.order, [&](uint32_t a, uint32_t b) {
    const auto first = sorted.values.begin();
    const auto count = static_cast<std::ptrdiff_t>(label_count);
    return std::lexicographical_compare(first + a * count, first + (a + 1) * count,
                                        first + b * count, first + (b + 1) * count);
  });
  return sorted;
}

// The traces behind the values of a series, by bucket.
void find_exemplars(const MetricSnapshot& metric, uint32_t series, std::vector<ExemplarView>& by) {
  for (size_t bucket = 0; bucket < by.size(); ++bucket) {
    const Exemplar* const found = Exemplars::find(metric.exemplars, series, bucket);
    by[bucket] = found == nullptr
                     ? ExemplarView()
                     : ExemplarView{found->trace_id(), found->value, found->time_unix_ns};
  }
}

void write_metric(const MetricSnapshot& metric, ExpositionWriter& writer) {
  const MetricSchema& schema = *metric.schema;
  writer.family(schema.name, family_type(schema.kind), schema.help);
  const SortedSeries sorted = sort_series(metric);
  const bool is_histogram = schema.kind == config::RuleKind::kHistogram;
  std::vector<LabelView> labels(schema.labels.size());
  std::vector<ExemplarView> exemplars(is_histogram ? schema.bounds.size() + 1 : 1);
  for (const uint32_t series : sorted.order) {
    for (size_t i = 0; i < labels.size(); ++i) {
      labels[i] = {schema.labels[i], sorted.values[series * labels.size() + i]};
    }
    const std::span<const uint64_t> row = metric.row(series);
    find_exemplars(metric, series, exemplars);
    if (is_histogram) {
      writer.histogram(labels, schema.bounds, row.subspan(cell::kBuckets), metric.value(series),
                       exemplars);
    } else {
      writer.sample(labels, metric.value(series), exemplars.data());
    }
    writer.created(labels, std::bit_cast<int64_t>(row[cell::kCreated]));
  }
}

}  // namespace

double MetricSnapshot::value(uint32_t index) const {
  const std::span<const uint64_t> cells_of = row(index);
  const double value = compensated_value(cells_of[cell::kSum], cells_of[cell::kCompensation]);
  const bool counts_open = schema->kind == config::RuleKind::kGauge && index < open_counts.size() &&
                           std::bit_cast<int64_t>(cells_of[cell::kSetTime]) == INT64_MIN;
  return counts_open ? value + open_counts[index] : value;
}

void write_snapshot(const MetricSetSnapshot& snapshot, ExpositionWriter& writer) {
  for (const auto& metric : snapshot) {
    if (!metric->series->keys.empty()) write_metric(*metric, writer);
  }
  writer.family("sawlog_metric_series", FamilyType::kGauge,
                "Series of a metric made from the logs");
  for (const auto& metric : snapshot) {
    writer.sample({{"metric", metric->schema->name}},
                  static_cast<double>(metric->series->keys.size()));
  }
  writer.family("sawlog_metric_overflow_total", FamilyType::kCounter,
                "Values that went to the overflow series, because there were too many series");
  for (const auto& metric : snapshot) {
    writer.sample({{"metric", metric->schema->name}}, static_cast<double>(metric->overflow_count));
  }
}

std::string render_metrics(const MetricSnapshots& snapshots, const CollectFunction& collect,
                           ExpositionFormat format) {
  ExpositionWriter writer(format);
  if (const auto snapshot = snapshots.current()) write_snapshot(*snapshot, writer);
  if (collect) collect(writer);
  return std::move(writer).finish();
}

}  // namespace sawlog::agent
