// The language of `alerts`: conditions over the figures that /metrics shows. It has what the
// monitoring guides' rules need; what it cannot say is for Prometheus.
//
//   condition  = disjunction [ "by" "(" LABEL { "," LABEL } ")" ]
//   disjunction = conjunction { "or" conjunction }
//   conjunction = comparison { "and" comparison }
//   comparison = "absent" "(" selector ")" | sum ("==" | "!=" | "<" | "<=" | ">" | ">=") sum
//   sum        = product { ("+" | "-") product }
//   product    = factor { ("*" | "/") factor }
//   factor     = NUMBER | "(" disjunction ")" | "-" factor | figure
//   figure     = cpu_usage | memory_usage | disk_usage | error_rate      in percent, 0 to 100
//              | selector                                                its value now
//              | "rate" "(" selector window ")"                          of a counter, per second
//              | "increase" "(" selector window ")"                      of a counter
//              | "delta" "(" selector window ")"                         of a gauge
//              | ("p50" | "p90" | "p95" | "p99" | …) "(" selector [window] ")"   of a histogram
//              | "histogram_quantile" "(" NUMBER "," "rate" "(" selector window ")" ")"   the same
//              | ("sum" | "min" | "max" | "avg") "(" sum ")"
//   selector   = METRIC [ "{" LABEL ("=" | "!=" | "=~" | "!~") TEXT { "," … } "}" ]
//   window     = "[" TIME "]"                                            5m when left out of pNN()
//   NUMBER     = 12, 1.5, with a unit: 1s, 500ms, 2h; 10MiB; 5%
//
//   error_rate > 5
//   p95(http_request_duration_seconds) > 1s by (endpoint)
//   rate(tool_executions_total{status="error"}[5m]) > 0.1
//
// What it means
//   * Counters and histograms are added up over all series that are selected: one number. With
//     "by", one number for each set of values of these labels; each is an alert of its own. A set
//     whose series are not selected counts 0.
//   * Gauges are looked at one by one, and added up with "by". sum, min, max and avg make one
//     number of them (or one for each set of "by").
//   * Both sides of an operator meet where their labels are equal; a side without labels meets all.
//     What has no value (0/0, no such series, not two looks yet) is neither greater nor smaller.
//   * Times are in seconds and sizes in bytes, as Prometheus' names say; % is 1/100.
//   * A regular expression must match the whole value, as in Prometheus. A label status is
//     status_code where the metric has no status.
//
// Compiled once. Limits: kTextBytesMax, kDepthMax, kWindowNsMax. Immutable: any thread may use it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"

namespace re2 {
class RE2;
}

namespace sawlog::parsers {

using FigureLabels = std::vector<std::pair<std::string, std::string>>;  // sorted by name
using FigureLabelViews = std::span<const std::pair<std::string_view, std::string_view>>;
using FigureValues = std::map<FigureLabels, double>;

struct FigureMatcher {
  std::string label;
  std::string text;
  std::shared_ptr<const re2::RE2> pattern;  // instead of the text; shared by copies, immutable
  bool is_negated = false;
};

// Series of one metric, and what is made of them.
struct FigureSelection {
  enum class Function : uint8_t { kValue, kRate, kIncrease, kDelta, kQuantile };
  std::string metric;
  std::vector<FigureMatcher> matchers;
  Function function = Function::kValue;
  int64_t window_ns = 0;
  double quantile = 0;
  bool keeps_series = false;  // one by one, also those of a counter

  [[nodiscard]] bool selects(FigureLabelViews labels) const;
};

class FigureCondition {
 public:
  static constexpr size_t kTextBytesMax = 16u << 10;
  static constexpr size_t kDepthMax = 64;
  static constexpr size_t kSelectionsMax = 32;
  static constexpr int64_t kWindowNsMax = 86'400'000'000'000;

  // kInvalid: "column N: what is wrong", N in bytes, from 1.
  [[nodiscard]] static base::Expected<FigureCondition> compile(std::string_view text);
  ~FigureCondition();
  FigureCondition(FigureCondition&&) noexcept;
  FigureCondition& operator=(FigureCondition&&) noexcept;

  [[nodiscard]] std::span<const FigureSelection> selections() const;
  // Sorted by name; empty without "by".
  [[nodiscard]] std::span<const std::string> by() const;
  // values: of each selection. Returns where the condition is true, with the value on the left of
  // the comparison.
  [[nodiscard]] FigureValues evaluate(std::span<const FigureValues> values) const;

 private:
  struct Program;
  friend class FigureConditionParser;
  explicit FigureCondition(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

// What a name of the language stands for, or "": cpu_usage, error_rate, …
[[nodiscard]] std::string_view figure_named(std::string_view name);

}  // namespace sawlog::parsers
