#include "agent/alerts/figure_window.h"

#include <algorithm>
#include <cmath>

#include "agent/metrics/quantile.h"

namespace sawlog::agent {
namespace {

using parsers::FigureLabels;
using parsers::FigureValues;
using Function = parsers::FigureSelection::Function;

constexpr double kNsPerSecond = 1e9;
constexpr size_t kLabelsMax = 64;
constexpr uint64_t kNumbersMax = 1'000;

constexpr size_t kSampleWords = 6;  // a sample without its numbers: time, vector, allocation

size_t cost_of(size_t numbers) {
  return (numbers + kSampleWords) * (FigureWindow::kSamplesMax + 2);
}

void save_numbers(const std::vector<double>& numbers, ByteWriter& writer) {
  writer.number<uint64_t>(numbers.size());
  for (const double number : numbers) writer.number(number);
}

std::vector<double> restore_numbers(ByteReader& reader) {
  std::vector<double> numbers;
  const auto count = reader.number<uint64_t>();
  for (uint64_t i = 0; i < std::min(count, kNumbersMax) && reader.is_ok(); ++i) {
    numbers.push_back(reader.number<double>());
  }
  return numbers;
}

}  // namespace

std::optional<FigureValues> FigureWindow::look(const FigureTotals& totals, int64_t now_unix_ns) {
  if (looked_at_unix_ns_ > now_unix_ns) forget();
  const bool is_first = looked_at_unix_ns_ == 0;
  forget_missing(totals);
  FigureValues values;
  for (const auto& [labels, total] : totals.by_labels) {
    std::vector<double> numbers = numbers_of(total);
    Group* const group = group_of(labels, numbers, totals.began_at_zero, now_unix_ns);
    if (group == nullptr) continue;
    grow(*group, std::move(numbers));
    keep(*group, now_unix_ns);
    const double value = value_of(*group, totals.bounds, now_unix_ns);
    if (std::isfinite(value)) values.emplace(labels, value);
  }
  looked_at_unix_ns_ = now_unix_ns;
  return is_first ? std::nullopt : std::optional(std::move(values));
}

void FigureWindow::forget() {
  for (const auto& [labels, group] : groups_) budget_->words -= cost_of(group.last.size());
  groups_.clear();
  looked_at_unix_ns_ = 0;
}

void FigureWindow::forget_missing(const FigureTotals& totals) {
  std::erase_if(groups_, [&](const auto& entry) {
    const auto found = totals.by_labels.find(entry.first);
    const bool is_gone = found == totals.by_labels.end() ||
                         numbers_of(found->second).size() != entry.second.last.size();
    if (is_gone) budget_->words -= cost_of(entry.second.last.size());
    return is_gone;
  });
}

std::vector<double> FigureWindow::numbers_of(const FigureTotal& total) const {
  if (function_ == Function::kQuantile) return total.buckets;
  return {total.value};
}

FigureWindow::Group* FigureWindow::group_of(const FigureLabels& labels,
                                            const std::vector<double>& numbers, bool is_from_zero,
                                            int64_t now_unix_ns) {
  if (const auto known = groups_.find(labels); known != groups_.end()) return &known->second;
  const size_t cost = cost_of(numbers.size());
  if (budget_->words + cost > budget_->words_max) {
    ++budget_->left_out;
    return nullptr;
  }
  budget_->words += cost;
  Group& group = groups_[labels];
  const bool began_at_zero =
      is_from_zero && looked_at_unix_ns_ != 0 && function_ != Function::kDelta;
  group.last = began_at_zero ? std::vector<double>(numbers.size()) : numbers;
  group.grown = function_ == Function::kDelta ? numbers : std::vector<double>(numbers.size());
  group.samples.push_back({began_at_zero ? looked_at_unix_ns_ : now_unix_ns, group.grown});
  return &group;
}

void FigureWindow::grow(Group& group, std::vector<double> numbers) const {
  for (size_t i = 0; i < numbers.size(); ++i) {
    const bool has_begun_anew = numbers[i] < group.last[i];
    if (function_ == Function::kDelta) {
      group.grown[i] = numbers[i];
    } else {
      group.grown[i] += has_begun_anew ? numbers[i] : numbers[i] - group.last[i];
    }
  }
  group.last = std::move(numbers);
}

void FigureWindow::keep(Group& group, int64_t now_unix_ns) const {
  constexpr auto kSteps = static_cast<int64_t>(kSamplesMax - 2);
  std::deque<Sample>& samples = group.samples;
  if (now_unix_ns - samples.back().at_unix_ns >= window_ns_ / kSteps) {
    samples.push_back({now_unix_ns, group.grown});
  }
  while (samples.size() > 1 && samples[1].at_unix_ns <= now_unix_ns - window_ns_) {
    samples.pop_front();
  }
  if (samples.size() > kSamplesMax) samples.pop_front();
}

double FigureWindow::value_of(const Group& group, std::span<const double> bounds,
                              int64_t now_unix_ns) const {
  const Sample& base = group.samples.front();
  const int64_t span_ns = std::max(window_ns_, now_unix_ns - base.at_unix_ns);
  if (base.at_unix_ns >= now_unix_ns) return NAN;
  std::vector<double> growth = group.grown;
  for (size_t i = 0; i < growth.size(); ++i) growth[i] -= base.grown[i];
  switch (function_) {
    case Function::kRate:
      return growth[0] * kNsPerSecond / static_cast<double>(span_ns);
    case Function::kIncrease:
      return growth[0] * static_cast<double>(window_ns_) / static_cast<double>(span_ns);
    case Function::kQuantile:
      return growth.size() == bounds.size() + 1 ? histogram_quantile(quantile_, bounds, growth)
                                                : NAN;
    case Function::kDelta:
    case Function::kValue:
      return growth[0];
  }
  return NAN;
}

void save_labels(const FigureLabels& labels, ByteWriter& writer) {
  writer.number<uint64_t>(labels.size());
  for (const auto& [name, value] : labels) {
    writer.text(name);
    writer.text(value);
  }
}

FigureLabels restore_labels(ByteReader& reader) {
  FigureLabels labels;
  const auto count = std::min<uint64_t>(reader.number<uint64_t>(), kLabelsMax);
  for (uint64_t i = 0; i < count && reader.is_ok(); ++i) {
    std::string name = reader.text();
    std::string value = reader.text();
    labels.emplace_back(std::move(name), std::move(value));
  }
  return labels;
}

void FigureWindow::save(ByteWriter& writer) const {
  writer.number(looked_at_unix_ns_);
  writer.number<uint64_t>(groups_.size());
  for (const auto& [labels, group] : groups_) {
    save_labels(labels, writer);
    save_numbers(group.last, writer);
    save_numbers(group.grown, writer);
    writer.number<uint64_t>(group.samples.size());
    for (const Sample& sample : group.samples) {
      writer.number(sample.at_unix_ns);
      save_numbers(sample.grown, writer);
    }
  }
}

bool FigureWindow::restore(ByteReader& reader) {
  forget();
  looked_at_unix_ns_ = reader.number<int64_t>();
  const auto count = reader.number<uint64_t>();
  if (count > kGroupsMax) return false;
  for (uint64_t i = 0; i < count && reader.is_ok(); ++i) {
    FigureLabels labels = restore_labels(reader);
    Group group;
    group.last = restore_numbers(reader);
    group.grown = restore_numbers(reader);
    const auto samples = reader.number<uint64_t>();
    if (samples == 0 || samples > kSamplesMax || group.grown.size() != group.last.size()) {
      return false;
    }
    for (uint64_t sample = 0; sample < samples && reader.is_ok(); ++sample) {
      const auto at_unix_ns = reader.number<int64_t>();
      group.samples.push_back({at_unix_ns, restore_numbers(reader)});
      if (group.samples.back().grown.size() != group.last.size()) return false;
    }
    budget_->words += cost_of(group.last.size());
    groups_.insert_or_assign(std::move(labels), std::move(group));
  }
  return reader.is_ok();
}

}  // namespace sawlog::agent
