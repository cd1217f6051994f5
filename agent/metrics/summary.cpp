#include "agent/metrics/summary.h"

#include <algorithm>
#include <cmath>

#include "agent/metrics/label_key.h"
#include "agent/metrics/quantile.h"
#include "lib/base/json_encode.h"

namespace sawlog::agent {
namespace {

using config::RuleKind;

// Metrics whose values are told apart by a label.
const std::map<std::string, std::string> kToldApart = {
    {"http_requests_total", "status_code"}, {"llm_tokens_used_total", "token_type"},
    {"api_cost_dollars_total", "model"},    {"log_records_total", "level"},
    {"cache_operations_total", "result"},   {"auth_attempts_total", "result"},
    {"permission_checks_total", "result"},  {"agent_executions_total", "status"},
    {"tool_executions_total", "status"},    {"workflow_executions_total", "status"},
    {"rag_retrievals_total", "status"},
};
constexpr double kSecondsPerHour = 3600;

double seconds(int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

std::string label_value(const MetricSnapshot& metric, uint32_t series, size_t label) {
  std::vector<std::string_view> values(metric.schema->labels.size());
  if (!split_key(metric.series->keys[series], values)) return {};
  return std::string(values[label]);
}

void add_series(const MetricSnapshot& metric, uint32_t series, size_t told_apart,
                MetricTotal& total) {
  const double value = metric.value(series);
  total.value += value;
  if (total.kind == RuleKind::kHistogram) {
    const auto counts = metric.row(series).subspan(cell::kBuckets);
    for (size_t i = 0; i < counts.size(); ++i) total.buckets[i] += static_cast<double>(counts[i]);
  }
  if (told_apart < metric.schema->labels.size()) {
    total.by[label_value(metric, series, told_apart)] += value;
  }
}

MetricTotal add_up(const MetricSnapshot& metric) {
  const MetricSchema& schema = *metric.schema;
  MetricTotal total;
  total.kind = schema.kind;
  total.bounds = schema.bounds;
  if (schema.kind == RuleKind::kHistogram) total.buckets.resize(schema.bounds.size() + 1);
  size_t told_apart = schema.labels.size();
  if (const auto found = kToldApart.find(schema.name); found != kToldApart.end()) {
    told_apart = static_cast<size_t>(std::ranges::find(schema.labels, found->second) -
                                     schema.labels.begin());
  }
  for (uint32_t series = 0; series < metric.series->keys.size(); ++series) {
    add_series(metric, series, told_apart, total);
  }
  return total;
}

double count_of(const MetricTotal& total) {
  double count = 0;
  for (const double bucket : total.buckets) count += bucket;
  return count;
}

// What happened since; an absent metric was zero.
MetricTotal difference(const MetricTotal& now, const MetricTotals& before,
                       const std::string& name) {
  MetricTotal change = now;
  const auto found = before.find(name);
  if (found == before.end() || found->second.buckets.size() != now.buckets.size()) return change;
  const MetricTotal& old = found->second;
  change.value -= old.value;
  for (size_t i = 0; i < change.buckets.size(); ++i) change.buckets[i] -= old.buckets[i];
  for (const auto& [label, value] : old.by) change.by[label] -= value;
  return change;
}

double quantile(double share, const MetricTotal& total) {
  return histogram_quantile(share, total.bounds, total.buckets);
}

// Appends members of an object; numbers that are none are null.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  std::string& key(std::string_view name) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    base::append_json_string(out_, name);
    return out_ += ':';
  }
  void number(std::string_view name, double value) {
    key(name);
    if (std::isfinite(value)) {
      base::append_double(out_, value);
    } else {
      out_ += "null";
    }
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool is_first_ = true;
};

void append_quantiles(const MetricTotal& change, Members& members) {
  members.number("mean", change.value / count_of(change));
  members.number("p50", quantile(0.5, change));
  members.number("p90", quantile(0.9, change));
  members.number("p95", quantile(0.95, change));
  members.number("p99", quantile(0.99, change));
}

// Now, and the change within the window.
struct Figures {
  const MetricTotals& now;
  const MetricTotals& before;
  double window_seconds = 0;

  [[nodiscard]] MetricTotal total(const std::string& name) const {
    const auto found = now.find(name);
    return found == now.end() ? MetricTotal() : found->second;
  }
  [[nodiscard]] MetricTotal change(const std::string& name) const {
    return difference(total(name), before, name);
  }
  [[nodiscard]] double per_second(double change) const {
    return window_seconds > 0 ? change / window_seconds : NAN;
  }
};

double failed(const MetricTotal& requests) {
  double sum = 0;
  for (const auto& [status, value] : requests.by) {
    if (status.starts_with('5')) sum += value;
  }
  return sum;
}

void append_requests(const Figures& figures, Members& members, std::string& out) {
  const MetricTotal all = figures.total("http_requests_total");
  const MetricTotal change = figures.change("http_requests_total");
  members.key("requests");
  Members requests(out);
  requests.number("total", all.value);
  requests.number("per_second", figures.per_second(change.value));
  requests.number("in_progress", figures.total("http_requests_in_progress").value);
  requests.end();
  members.key("errors");
  Members errors(out);
  errors.number("total", failed(all));
  errors.number("percent", 100 * failed(change) / change.value);
  errors.number("logged", figures.total("log_errors_total").value);
  errors.end();
  members.key("latency_seconds");
  Members latency(out);
  append_quantiles(figures.change("http_request_duration_seconds"), latency);
  latency.end();
}

void append_models(const Figures& figures, Members& members, std::string& out) {
  const MetricTotal tokens = figures.total("llm_tokens_used_total");
  members.key("tokens");
  Members used(out);
  used.number("total", tokens.value);
  used.number("per_second", figures.per_second(figures.change("llm_tokens_used_total").value));
  for (const auto& [type, value] : tokens.by) used.number(type, value);
  used.end();
  const MetricTotal cost = figures.total("api_cost_dollars_total");
  members.key("cost_dollars");
  Members dollars(out);
  dollars.number("total", cost.value);
  dollars.number("per_hour", kSecondsPerHour * figures.per_second(
                                                   figures.change("api_cost_dollars_total").value));
  dollars.key("by_model");
  Members models(out);
  for (const auto& [model, value] : cost.by) models.number(model, value);
  models.end();
  dollars.end();
}

void append_metric(const std::string& name, const Figures& figures, Members& members,
                   std::string& out) {
  const MetricTotal total = figures.total(name);
  const MetricTotal change = figures.change(name);
  members.key(name);
  Members metric(out);
  switch (total.kind) {
    case RuleKind::kGauge:
      metric.number("value", total.value);
      break;
    case RuleKind::kCounter:
      metric.number("total", total.value);
      metric.number("per_second", figures.per_second(change.value));
      break;
    case RuleKind::kHistogram:
      metric.number("count", count_of(total));
      metric.number("per_second", figures.per_second(count_of(change)));
      append_quantiles(change, metric);
      break;
  }
  if (!total.by.empty()) {
    metric.key(kToldApart.at(name));
    Members by(out);
    for (const auto& [label, value] : total.by) by.number(label, value);
    by.end();
  }
  metric.end();
}

}  // namespace

MetricTotals add_up(const MetricSetSnapshot& snapshot) {
  MetricTotals totals;
  for (const auto& metric : snapshot) {
    if (!metric->series->keys.empty()) totals.emplace(metric->schema->name, add_up(*metric));
  }
  return totals;
}

void Summary::look(const MetricSetSnapshot& snapshot, int64_t now_monotonic_ns) {
  const std::lock_guard lock(mutex_);
  if (!kept_.empty() && now_monotonic_ns - kept_.back().at_monotonic_ns < kIntervalNs) return;
  kept_.push_back({now_monotonic_ns, add_up(snapshot)});
  while (kept_.size() > 1 && now_monotonic_ns - kept_[1].at_monotonic_ns >= kWindowNs) {
    kept_.pop_front();
  }
}

std::string Summary::json(const MetricSetSnapshot& snapshot, int64_t now_monotonic_ns,
                          int64_t now_unix_ns) const {
  const MetricTotals now = add_up(snapshot);
  MetricTotals before;
  int64_t window_ns = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!kept_.empty()) {
      before = kept_.front().totals;
      window_ns = now_monotonic_ns - kept_.front().at_monotonic_ns;
    }
  }
  const Figures figures{now, before, seconds(window_ns)};
  std::string out;
  Members members(out);
  members.key("time") += '"';
  base::append_rfc3339(out, now_unix_ns);
  out += '"';
  members.number("window_seconds", figures.window_seconds);
  append_requests(figures, members, out);
  append_models(figures, members, out);
  members.key("metrics");
  Members metrics(out);
  for (const auto& [name, total] : now) append_metric(name, figures, metrics, out);
  metrics.end();
  members.end();
  return out + "\n";
}

}  // namespace sawlog::agent
