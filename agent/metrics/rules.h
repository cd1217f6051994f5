// What is counted: the rules of the presets and of the user, compiled once against the positions of
// their fields in a record.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "agent/metrics/label_key.h"
#include "agent/metrics/metric_set.h"
#include "config/config.h"
#include "lib/base/error.h"
#include "parsers/record.h"

namespace sawlog::agent {

class RuleSet {
 public:
  // Makes the metrics in the set. kInvalid if a preset is unknown or rules contradict each other.
  [[nodiscard]] static base::Expected<RuleSet> compile(const config::MetricsConfig& config,
                                                       MetricSet& metrics);

  // What a RecordReader must read for apply(), in this order.
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }

  // Counts what the record tells of. No allocation but for a new series.
  void apply(const parsers::Record& record, int64_t now_unix_ns);

 private:
  enum class LabelSource : uint8_t { kText, kRoute, kLevel };
  struct Label {
    LabelSource source = LabelSource::kText;
    parsers::FieldIndex field = 0;
    size_t route = 0;  // of kRoute: index into routes_
  };
  // The route of a field, made when the first rule asks for it.
  struct Route {
    parsers::FieldIndex field = 0;
    bool is_known = false;  // for the record at hand
    std::string_view text;  // in buffer, or in the record
    std::array<char, kLabelValueBytesMax + 1> buffer;
  };
  struct Rule {
    Metric* metric = nullptr;
    config::RuleKind kind = config::RuleKind::kCounter;
    config::GaugeOp op = config::GaugeOp::kSet;
    parsers::Level level_min = parsers::Level::kUnknown;
    std::vector<Label> labels;
    bool has_field = false;  // the value is a field's, else constant
    parsers::FieldIndex field = 0;
    double constant = 1;
    double divisor = 1;
  };
  // An event and the rules for it. Those for every record stand under the name "".
  struct Event {
    std::string name;
    bool has_shape = false;
    std::vector<parsers::FieldIndex> shape;  // what a record without event.name must have
    std::vector<Rule> rules;
  };

  parsers::FieldIndex field(const std::string& name);
  size_t route(parsers::FieldIndex field);
  Event& event(const std::string& name);
  void add_shape(const config::EventShape& shape);
  base::Expected<void> add_rule(const config::MetricRule& rule, MetricSet& metrics);

  Event* event_of(const parsers::Record& record);
  void run(const Rule& rule, const parsers::Record& record, int64_t now_unix_ns);
  void append_label(const Label& label, const parsers::Record& record);
  std::string_view route_text(Route& route, const parsers::Record& record);

  std::vector<std::string> fields_;
  std::vector<Event> events_;  // [0]: of every record
  parsers::FieldIndex event_name_ = 0;
  LabelKey key_;
  std::vector<Route> routes_;
};

}  // namespace sawlog::agent
