#include "agent/alerts/figures.h"

#include <algorithm>
#include <numeric>

#include "agent/metrics/label_key.h"
#include "lib/base/check.h"

namespace sawlog::agent {
namespace {

using config::RuleKind;
using parsers::FigureLabels;
using parsers::FigureLabelViews;
using parsers::FigureSelection;
using LabelPair = std::pair<std::string_view, std::string_view>;

void visit_snapshot(const MetricSnapshot& metric, const Figures::Visit& visit) {
  const MetricSchema& schema = *metric.schema;
  std::vector<std::string_view> values(schema.labels.size());
  std::vector<LabelPair> labels(schema.labels.size());
  std::vector<double> buckets;
  for (uint32_t series = 0; series < metric.series->keys.size(); ++series) {
    CHECK(split_key(metric.series->keys[series], values));
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = {schema.labels[i], values[i]};
    if (schema.kind == RuleKind::kHistogram) {
      const auto counts = metric.row(series).subspan(cell::kBuckets);
      buckets.assign(counts.begin(), counts.end());
    }
    visit({schema.kind, labels, metric.value(series), schema.bounds, buckets});
  }
}

RuleKind kind_of(FamilyType type) {
  switch (type) {
    case FamilyType::kCounter:
      return RuleKind::kCounter;
    case FamilyType::kGauge:
      return RuleKind::kGauge;
    case FamilyType::kHistogram:
      return RuleKind::kHistogram;
  }
  return RuleKind::kGauge;
}

FigureLabels all_of(FigureLabelViews labels) {
  FigureLabels all(labels.begin(), labels.end());
  std::ranges::sort(all);
  return all;
}

FigureLabels only(FigureLabelViews labels, std::span<const std::string> names) {
  FigureLabels kept;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(labels, name, &LabelPair::first);
    if (found != labels.end()) kept.emplace_back(name, found->second);
  }
  return kept;
}

void add_to(FigureTotal& total, const FigureSample& sample) {
  total.value += sample.value;
  total.buckets.resize(std::max(total.buckets.size(), sample.buckets.size()));
  for (size_t i = 0; i < sample.buckets.size(); ++i) total.buckets[i] += sample.buckets[i];
}

}  // namespace

void Figures::add(std::string_view name, RuleKind kind, FigureLabels labels, double value) {
  std::ranges::sort(labels);
  added_[std::string(name)].push_back({kind, std::move(labels), value, {}, {}});
}

void Figures::add_histogram(std::string_view name, FigureLabels labels, std::vector<double> bounds,
                            std::vector<double> buckets) {
  CHECK(buckets.size() == bounds.size() + 1);
  std::ranges::sort(labels);
  added_[std::string(name)].push_back(
      {RuleKind::kHistogram, std::move(labels), 0, std::move(bounds), std::move(buckets)});
}

void Figures::add(const CollectFunction& collect) {
  ExpositionWriter writer([this](std::string_view name, FamilyType type,
                                 std::span<const LabelView> labels, double value) {
    FigureLabels copied;
    for (const LabelView& label : labels) copied.emplace_back(label.name, label.value);
    add(name, kind_of(type), std::move(copied), value);
  });
  collect(writer);
}

bool Figures::visit_named(const std::string& metric, const Visit& visit) const {
  bool is_there = false;
  if (snapshot_ != nullptr) {
    const auto name_of = [](const auto& known) -> const std::string& {
      return known->schema->name;
    };
    const auto found = std::ranges::lower_bound(*snapshot_, metric, {}, name_of);
    if (found != snapshot_->end() && name_of(*found) == metric) {
      is_there = true;
      visit_snapshot(**found, visit);
    }
  }
  const auto added = added_.find(metric);
  if (added == added_.end()) return is_there;
  for (const Added& one : added->second) {
    const std::vector<LabelPair> labels(one.labels.begin(), one.labels.end());
    visit({one.kind, labels, one.value, one.bounds, one.buckets, !metric.starts_with("node_")});
  }
  return true;
}

void Figures::visit(const std::string& metric, const Visit& visit) const {
  if (visit_named(metric, visit)) return;
  const bool is_count = metric.ends_with("_count");
  if (!is_count && !metric.ends_with("_sum")) return;
  visit_named(metric.substr(0, metric.rfind('_')), [&](const FigureSample& sample) {
    if (sample.kind != RuleKind::kHistogram) return;
    const double count = std::accumulate(sample.buckets.begin(), sample.buckets.end(), 0.0);
    visit({RuleKind::kCounter, sample.labels, is_count ? count : sample.value, {}, {}});
  });
}

FigureTotals add_up(const Figures& figures, const FigureSelection& selection,
                    std::span<const std::string> by) {
  FigureTotals totals;
  const bool is_value = selection.function == FigureSelection::Function::kValue;
  figures.visit(selection.metric, [&](const FigureSample& sample) {
    const bool is_gauge = sample.kind == RuleKind::kGauge;
    const bool is_separate = (is_value && selection.keeps_series) || (is_gauge && by.empty());
    const bool is_selected = selection.selects(sample.labels);
    if (!is_selected && (is_separate || is_gauge)) return;
    if (totals.bounds.empty()) totals.bounds.assign(sample.bounds.begin(), sample.bounds.end());
    if (sample.bounds.size() != totals.bounds.size()) return;
    totals.began_at_zero = sample.began_at_zero;
    FigureLabels labels = is_separate ? all_of(sample.labels) : only(sample.labels, by);
    if (totals.by_labels.size() == kGroupsMax && !totals.by_labels.contains(labels)) {
      ++totals.left_out;
      return;
    }
    FigureTotal& total = totals.by_labels[std::move(labels)];
    total.buckets.resize(sample.buckets.size());
    if (is_selected) add_to(total, sample);
  });
  return totals;
}

}  // namespace sawlog::agent
