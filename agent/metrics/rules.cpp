#include "agent/metrics/rules.h"

#include <charconv>
#include <cmath>

#include "agent/metrics/route_form.h"
#include "config/presets.h"

namespace sawlog::agent {
namespace {

using parsers::Level;
using parsers::Value;
using parsers::ValueKind;

constexpr double kNsPerSecond = 1e9;

std::vector<double> usual_bounds(config::MetricUnit unit) {
  switch (unit) {
    case config::MetricUnit::kSeconds:
      return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    case config::MetricUnit::kBytes:
      return {256, 1024, 4096, 16'384, 65'536, 262'144, 1'048'576, 4'194'304, 16'777'216};
    case config::MetricUnit::kNone:
      return {1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1'000};
  }
  return {};
}

Level level_named(std::string_view name) {
  for (const Level level :
       {Level::kTrace, Level::kDebug, Level::kInfo, Level::kWarn, Level::kError, Level::kFatal}) {
    if (parsers::level_name(level) == name) return level;
  }
  return Level::kUnknown;
}

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

// A label is a scalar: what is absent, null, an object or an array is an empty label, which to
// Prometheus is the same as none.
std::string_view label_text(const Value& value) {
  const bool is_scalar =
      value.is_present() && value.kind != ValueKind::kObject && value.kind != ValueKind::kArray;
  return is_scalar ? value.text : std::string_view();
}

}  // namespace

base::Expected<RuleSet> RuleSet::compile(const config::MetricsConfig& config, MetricSet& metrics) {
  RuleSet rules;
  rules.events_.emplace_back();
  rules.event_name_ = rules.field("event.name");
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

void RuleSet::add_shape(const config::EventShape& shape) {
  Event& known = event(shape.name);
  known.has_shape = !shape.fields.empty();
  known.shape.clear();
  for (const std::string& name : shape.fields) known.shape.push_back(field(name));
}

base::Expected<void> RuleSet::add_rule(const config::MetricRule& rule, MetricSet& metrics) {
  auto metric = metrics.add(schema_of(rule));
  if (!metric) return tl::unexpected(metric.error());
  Rule compiled;
  compiled.metric = *metric;
  compiled.kind = rule.kind;
  compiled.op = rule.op;
  compiled.level_min = level_named(rule.level_min);
  for (const config::MetricLabel& label : rule.labels) {
    if (label.field == "log.level") {
      compiled.labels.push_back({LabelSource::kLevel, 0, 0});
    } else if (label.form == config::LabelForm::kRoute) {
      compiled.labels.push_back({LabelSource::kRoute, 0, route(field(label.field))});
    } else {
      compiled.labels.push_back({LabelSource::kText, field(label.field), 0});
    }
  }
  const char* const end = rule.value.data() + rule.value.size();
  const auto [stop, error] = std::from_chars(rule.value.data(), end, compiled.constant);
  if (error != std::errc() || stop != end) {
    compiled.has_field = true;
    compiled.field = field(rule.value);
    const bool is_time =
        rule.value == "event.duration" && rule.unit == config::MetricUnit::kSeconds;
    compiled.divisor = is_time ? kNsPerSecond : 1;
  }
  event(rule.event).rules.push_back(std::move(compiled));
  return {};
}

// --- counting ----------------------------------------------------------------------------------

void RuleSet::apply(const parsers::Record& record, int64_t now_unix_ns) {
  for (Route& route : routes_) route.is_known = false;
  for (const Rule& rule : events_.front().rules) run(rule, record, now_unix_ns);
  if (record.shape() != parsers::Shape::kJson) return;
  if (const Event* event = event_of(record)) {
    for (const Rule& rule : event->rules) run(rule, record, now_unix_ns);
  }
}

RuleSet::Event* RuleSet::event_of(const parsers::Record& record) {
  const Value& name = record[event_name_];
  for (size_t i = 1; i < events_.size(); ++i) {
    Event& event = events_[i];
    if (name.is_present()) {
      if (name.text == event.name) return &event;
    } else if (event.has_shape && std::ranges::all_of(event.shape, [&](parsers::FieldIndex field) {
                 return record[field].is_present();
               })) {
      return &event;
    }
  }
  return nullptr;
}

void RuleSet::run(const Rule& rule, const parsers::Record& record, int64_t now_unix_ns) {
  if (record.level() < rule.level_min) return;
  double value = rule.constant;
  if (rule.has_field) {
    const Value& given = record[rule.field];
    if (!given.has_number()) return;
    value = given.number / rule.divisor;
  }
  if (!std::isfinite(value)) return;
  // A counter never goes down.
  if (rule.kind == config::RuleKind::kCounter && value < 0) return;
  key_.clear();
  for (const Label& label : rule.labels) append_label(label, record);
  const uint32_t series = rule.metric->series(key_.bytes(), now_unix_ns);
  switch (rule.kind) {
    case config::RuleKind::kCounter:
      rule.metric->add(series, value);
      break;
    case config::RuleKind::kHistogram:
      rule.metric->observe(series, value);
      break;
    case config::RuleKind::kGauge:
      if (rule.op == config::GaugeOp::kSet) {
        rule.metric->set(series, value, record.time_unix_ns());
      } else {
        rule.metric->add(series, rule.op == config::GaugeOp::kInc ? value : -value);
      }
      break;
  }
}

void RuleSet::append_label(const Label& label, const parsers::Record& record) {
  switch (label.source) {
    case LabelSource::kLevel:
      key_.append(parsers::level_name(record.level()));
      break;
    case LabelSource::kText:
      key_.append(label_text(record[label.field]));
      break;
    case LabelSource::kRoute:
      key_.append(route_text(routes_[label.route], record));
      break;
  }
}

std::string_view RuleSet::route_text(Route& route, const parsers::Record& record) {
  if (!route.is_known) {
    route.text = route_of(label_text(record[route.field]), route.buffer);
    route.is_known = true;
  }
  return route.text;
}

}  // namespace sawlog::agent
