#include "parsers/figure_condition.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <re2/re2.h>

#include "lib/base/check.h"
#include "parsers/figure_program.h"

namespace sawlog::parsers {
namespace {

using Step = FigureStep;

// As config/prometheus/rules/recording.yml and host.yml have them.
constexpr auto kNamed = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"cpu_usage",
     R"(100 * rate(node_cpu_seconds_total{mode!="idle"}[5m]) / rate(node_cpu_seconds_total[5m]))"},
    {"memory_usage",
     "100 * (node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes)"
     " / node_memory_MemTotal_bytes"},
    {"disk_usage", R"(100 * (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"})"
                   " / node_filesystem_size_bytes)"},
    {"error_rate",
     R"(100 * rate(http_requests_total{status_code=~"5.."}[5m]) / rate(http_requests_total[5m]))"},
});

std::string_view value_of(FigureLabelViews labels, std::string_view name) {
  const auto found =
      std::ranges::find(labels, name, &std::pair<std::string_view, std::string_view>::first);
  return found == labels.end() ? std::string_view() : found->second;
}

bool has_label(FigureLabelViews labels, std::string_view name) {
  return std::ranges::any_of(labels, [name](const auto& label) { return label.first == name; });
}

// What two values make together; nullopt: nothing, or the comparison is false.
std::optional<double> together(Step::Kind kind, double left, double right) {
  const auto if_true = [left](bool is_true) {
    return is_true ? std::optional(left) : std::nullopt;
  };
  const auto if_finite = [](double value) {
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
  };
  switch (kind) {
    case Step::Kind::kAdd:
      return if_finite(left + right);
    case Step::Kind::kSubtract:
      return if_finite(left - right);
    case Step::Kind::kMultiply:
      return if_finite(left * right);
    case Step::Kind::kDivide:
      return if_finite(left / right);
    case Step::Kind::kEqual:
      return if_true(left == right);
    case Step::Kind::kUnequal:
      return if_true(left != right);
    case Step::Kind::kLess:
      return if_true(left < right);
    case Step::Kind::kLessOrEqual:
      return if_true(left <= right);
    case Step::Kind::kGreater:
      return if_true(left > right);
    case Step::Kind::kGreaterOrEqual:
      return if_true(left >= right);
    default:  // and: both are true
      return left;
  }
}

bool is_without_labels(const FigureValues& values) {
  return values.size() == 1 && values.begin()->first.empty();
}

FigureValues combine(Step::Kind kind, const FigureValues& left, const FigureValues& right) {
  FigureValues result;
  const auto add = [&](const FigureLabels& labels, double on_left, double on_right) {
    if (const auto value = together(kind, on_left, on_right)) result.emplace(labels, *value);
  };
  if (is_without_labels(right)) {
    for (const auto& [labels, value] : left) add(labels, value, right.begin()->second);
  } else if (is_without_labels(left)) {
    for (const auto& [labels, value] : right) add(labels, left.begin()->second, value);
  } else {
    for (const auto& [labels, value] : left) {
      if (const auto found = right.find(labels); found != right.end()) {
        add(labels, value, found->second);
      }
    }
  }
  return result;
}

FigureLabels only(const FigureLabels& labels, const std::vector<std::string>& names) {
  FigureLabels kept;
  for (const auto& label : labels) {
    if (std::ranges::binary_search(names, label.first)) kept.push_back(label);
  }
  return kept;
}

FigureValues reduce(Step::Kind kind, const FigureValues& values,
                    const std::vector<std::string>& by) {
  FigureValues result;
  FigureValues counts;
  for (const auto& [labels, value] : values) {
    const FigureLabels key = only(labels, by);
    const auto [entry, is_first] = result.emplace(key, value);
    counts[key] += 1;
    if (is_first) continue;
    if (kind == Step::Kind::kMin) {
      entry->second = std::min(entry->second, value);
    } else if (kind == Step::Kind::kMax) {
      entry->second = std::max(entry->second, value);
    } else {
      entry->second += value;
    }
  }
  if (kind == Step::Kind::kAverage) {
    for (auto& [labels, value] : result) value /= counts[labels];
  }
  return result;
}

}  // namespace

std::string_view figure_named(std::string_view name) {
  const auto found =
      std::ranges::find(kNamed, name, &std::pair<std::string_view, std::string_view>::first);
  return found == kNamed.end() ? std::string_view() : found->second;
}

bool FigureSelection::selects(FigureLabelViews labels) const {
  return std::ranges::all_of(matchers, [labels](const FigureMatcher& matcher) {
    const bool is_alias = matcher.label == "status" && !has_label(labels, "status");
    const std::string_view value = value_of(labels, is_alias ? "status_code" : matcher.label);
    const bool is_match = matcher.pattern
                              ? RE2::FullMatch({value.data(), value.size()}, *matcher.pattern)
                              : value == matcher.text;
    return is_match != matcher.is_negated;
  });
}

FigureCondition::FigureCondition(std::unique_ptr<const Program> program)
    : program_(std::move(program)) {}
FigureCondition::~FigureCondition() = default;
FigureCondition::FigureCondition(FigureCondition&&) noexcept = default;
FigureCondition& FigureCondition::operator=(FigureCondition&&) noexcept = default;

std::span<const FigureSelection> FigureCondition::selections() const {
  return program_->selections;
}
std::span<const std::string> FigureCondition::by() const {
  return program_->by;
}

FigureValues FigureCondition::evaluate(std::span<const FigureValues> values) const {
  CHECK(values.size() == program_->selections.size());
  std::vector<FigureValues> stack;
  const auto pop = [&stack] {
    FigureValues top = std::move(stack.back());
    stack.pop_back();
    return top;
  };
  for (const FigureStep& step : program_->steps) {
    switch (step.kind) {
      case Step::Kind::kNumber:
        stack.push_back({{FigureLabels(), step.number}});
        break;
      case Step::Kind::kSelection:
        stack.push_back(values[step.selection]);
        break;
      case Step::Kind::kAbsent:
        stack.push_back(pop().empty() ? FigureValues{{FigureLabels(), 1}} : FigureValues());
        break;
      case Step::Kind::kSum:
      case Step::Kind::kMin:
      case Step::Kind::kMax:
      case Step::Kind::kAverage:
        stack.push_back(reduce(step.kind, pop(), program_->by));
        break;
      case Step::Kind::kOr: {
        FigureValues right = pop();
        stack.back().merge(right);
        break;
      }
      default: {
        const FigureValues right = pop();
        stack.push_back(combine(step.kind, pop(), right));
      }
    }
  }
  return pop();
}

}  // namespace sawlog::parsers
