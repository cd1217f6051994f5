// From the configuration to compiled rules; rules.cpp runs them.
#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "agent/metrics/rules.h"
#include "agent/metrics/usual_bounds.h"
#include "config/presets.h"
#include "lib/base/clock.h"

namespace sawlog::agent {
namespace {

MetricSchema schema_of(const config::MetricRule& rule) {
  MetricSchema schema;
  schema.name = rule.name;
  schema.kind = rule.kind;
  schema.help = rule.help;
  for (const config::MetricLabel& label : rule.labels) schema.labels.push_back(label.name);
  if (rule.kind == config::RuleKind::kHistogram) {
    schema.bounds = rule.buckets.empty() ? usual_bounds(rule.unit) : rule.buckets;
  }
  return schema;
}

uint64_t hash_of(const std::string& event) {
  return XXH3_64bits(event.data(), event.size());
}

}  // namespace

base::Expected<RuleSet> RuleSet::compile(const config::MetricsConfig& config, MetricSet& metrics) {
  RuleSet rules;
  rules.events_.emplace_back();
  rules.event_name_ = rules.field("event.name");
  rules.trace_id_ = rules.field("trace_id");
  for (const std::string& name : config.presets) {
    const auto preset = config::load_preset(name);
    if (!preset) return tl::unexpected(preset.error());
    for (const config::EventShape& shape : preset->events) rules.add_shape(shape);
    for (const config::MetricRule& rule : preset->rules) {
      if (auto added = rules.add_rule(rule, metrics); !added) return tl::unexpected(added.error());
    }
  }
  for (const config::MetricRule& rule : config.rules) {
    if (auto added = rules.add_rule(rule, metrics); !added) return tl::unexpected(added.error());
  }
  return rules;
}

parsers::FieldIndex RuleSet::field(const std::string& name) {
  const auto found = std::ranges::find(fields_, name);
  if (found != fields_.end()) return static_cast<parsers::FieldIndex>(found - fields_.begin());
  fields_.push_back(name);
  return static_cast<parsers::FieldIndex>(fields_.size() - 1);
}

size_t RuleSet::route(parsers::FieldIndex field) {
  const auto found = std::ranges::find(routes_, field, &Route::field);
  if (found != routes_.end()) return static_cast<size_t>(found - routes_.begin());
  routes_.emplace_back();
  routes_.back().field = field;
  return routes_.size() - 1;
}

RuleSet::Event& RuleSet::event(const std::string& name) {
  const auto found = std::ranges::find(events_, name, &Event::name);
  if (found != events_.end()) return *found;
  events_.emplace_back();
  events_.back().name = name;
  return events_.back();
}

// Several presets may know an event; the first that says its fields is right.
void RuleSet::add_shape(const config::EventShape& shape) {
  Event& known = event(shape.name);
  if (!known.shape.empty()) return;
  for (const std::string& name : shape.fields) known.shape.push_back(field(name));
}

base::Expected<void> RuleSet::add_rule(const config::MetricRule& rule, MetricSet& metrics) {
  auto metric = metrics.add(schema_of(rule));
  if (!metric) return tl::unexpected(metric.error());
  Rule compiled;
  compiled.metric = *metric;
  compiled.may_be_negative = rule.kind != config::RuleKind::kCounter;
  if (!rule.where.empty()) {
    auto where = parsers::Expression::compile(rule.where, fields_);
    if (!where) return tl::unexpected(where.error());
    compiled.where = std::move(*where);
  }
  for (const config::MetricLabel& label : rule.labels) {
    compiled.labels.push_back(compile_label(label));
  }
  if (rule.until.empty()) {
    compile_value(rule, compiled);
  } else {
    compiled.action = Action::kOpen;
    compiled.ended_by = hash_of(rule.until);
    add_end(rule, *metric);
  }
  std::vector<Rule>& rules = event(rule.event).rules;
  find_leader(rules, compiled);
  rules.push_back(std::move(compiled));
  return {};
}

void RuleSet::find_leader(const std::vector<Rule>& before, Rule& rule) {
  const auto leads = [&](const Rule& other) {
    return other.labels.size() >= rule.labels.size() &&
           std::equal(rule.labels.begin(), rule.labels.end(), other.labels.begin());
  };
  const auto found = std::ranges::find_if(before, leads);
  if (found != before.end()) rule.leader = static_cast<size_t>(found - before.begin());
}

// The other half of a rule with until.
void RuleSet::add_end(const config::MetricRule& rule, Metric* metric) {
  span_id_ = field("span_id");
  request_id_ = field("request.id");
  std::vector<End>& ends = event(rule.until).ends;
  if (std::ranges::find(ends, metric, &End::metric) == ends.end()) {
    ends.push_back({metric, hash_of(rule.until)});
  }
}

void RuleSet::compile_value(const config::MetricRule& rule, Rule& compiled) {
  switch (rule.kind) {
    case config::RuleKind::kCounter:
      compiled.action = Action::kAdd;
      break;
    case config::RuleKind::kHistogram:
      compiled.action = Action::kObserve;
      break;
    case config::RuleKind::kGauge:
      compiled.action = rule.op == config::GaugeOp::kSet   ? Action::kSet
                        : rule.op == config::GaugeOp::kInc ? Action::kAdd
                                                           : Action::kSubtract;
      break;
  }
  const char* const end = rule.value.data() + rule.value.size();
  const auto [stop, error] = std::from_chars(rule.value.data(), end, compiled.constant);
  if (error == std::errc() && stop == end) return;
  compiled.has_field = true;
  compiled.field = field(rule.value);
  const bool is_time = rule.value == "event.duration" && rule.unit == config::MetricUnit::kSeconds;
  compiled.divisor = is_time ? static_cast<double>(base::kNsPerSecond) : 1;
}

RuleSet::Label RuleSet::compile_label(const config::MetricLabel& label) {
  Label compiled;
  compiled.default_text = PaddedText(label.default_text);
  if (label.field.empty()) {
    compiled.source = LabelSource::kConstant;
    return compiled;
  }
  if (label.field == "log.level" || label.field == "level") {
    compiled.source = LabelSource::kLevel;
    return compiled;
  }
  compiled.field = field(label.field);
  switch (label.form) {
    case config::LabelForm::kText:
      compiled.source = LabelSource::kText;
      break;
    case config::LabelForm::kRoute:
      compiled.source = LabelSource::kRoute;
      compiled.route = route(compiled.field);
      break;
    case config::LabelForm::kOutcome:
      compiled.source = LabelSource::kOutcome;
      error_type_ = field("error.type");
      break;
  }
  return compiled;
}

}  // namespace sawlog::agent
