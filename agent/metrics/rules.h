// What is counted: the rules of the presets and of the user, compiled once against the positions of
// their fields in a record.
//
// A record is one event at most: the one whose name is its event.name, else (without an event.name)
// the first whose fields it has. The rules of that event and those for every record are run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/metrics/label_key.h"
#include "agent/metrics/metric_set.h"
#include "agent/metrics/route_form.h"
#include "agent/metrics/series_memo.h"
#include "config/config.h"
#include "lib/base/error.h"
#include "parsers/expression.h"
#include "parsers/record.h"

namespace sawlog::agent {

class RuleSet {
 public:
  // Makes the metrics in the set. kInvalid if a preset is unknown, a condition cannot be understood
  // or rules contradict each other.
  [[nodiscard]] static base::Expected<RuleSet> compile(const config::MetricsConfig& config,
                                                       MetricSet& metrics);

  [[nodiscard]] size_t memory_bytes() const;

  // What a RecordReader must read for apply(), in this order.
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }

  // Counts what the record tells of. No allocation but for a new series.
  void apply(const parsers::Record& record, int64_t now_unix_ns);

 private:
  // With SeriesMemo::kSlackBytes behind it.
  class PaddedText {
   public:
    PaddedText() : PaddedText(std::string()) {}
    explicit PaddedText(std::string text) : size_(text.size()), bytes_(std::move(text)) {
      bytes_.append(SeriesMemo::kSlackBytes, '\0');
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }
    bool operator==(const PaddedText&) const = default;

   private:
    size_t size_ = 0;
    std::string bytes_;
  };
  enum class LabelSource : uint8_t { kConstant, kText, kRoute, kLevel, kOutcome };
  struct Label {
    LabelSource source = LabelSource::kText;
    parsers::FieldIndex field = 0;
    size_t route = 0;  // of kRoute: index into routes_
    PaddedText default_text;
    bool operator==(const Label&) const = default;
  };
  // The route of a field, made when the first rule asks for it.
  struct Route {
    parsers::FieldIndex field = 0;
    uint64_t record_number = 0;  // of which it is the route
    std::string_view text;       // in buffer, or in the record
    std::array<char, kLabelValueBytesMax + 1 + kRouteSlackBytes> buffer;
  };
  enum class Action : uint8_t { kAdd, kSubtract, kSet, kObserve, kOpen };
  struct Rule {
    Metric* metric = nullptr;
    Action action = Action::kAdd;
    bool may_be_negative = true;
    std::optional<parsers::Expression> where;
    std::vector<Label> labels;
    bool has_field = false;  // the value is a field's, else constant
    parsers::FieldIndex field = 0;
    double constant = 1;
    double divisor = 1;
    uint64_t ended_by = 0;  // of kOpen: hash of the event that ends it

    // A rule before this one of the same event, whose labels begin with this one's: where that one
    // has found its series for a record, this one's follows from it.
    static constexpr size_t kNone = SIZE_MAX;
    size_t leader = kNone;
    std::vector<uint32_t> by_leader;  // series by the leader's; SeriesTable::kNone: not yet known
    SeriesMemo memo;                  // of a leader
    uint32_t series = 0;              // of the record with this number:
    uint64_t record_number = 0;
  };
  // A record of the event ends what the metric counts as open.
  struct End {
    Metric* metric = nullptr;
    uint64_t ended_by = 0;
  };
  // An event and the rules for it. Those for every record stand under the name "".
  struct Event {
    std::string name;
    std::vector<parsers::FieldIndex> shape;  // what a record without event.name must have, or {}
    std::vector<Rule> rules;
    std::vector<End> ends;
  };

  parsers::FieldIndex field(const std::string& name);
  size_t route(parsers::FieldIndex field);
  Event& event(const std::string& name);
  void add_shape(const config::EventShape& shape);
  base::Expected<void> add_rule(const config::MetricRule& rule, MetricSet& metrics);
  void compile_value(const config::MetricRule& rule, Rule& compiled);
  [[nodiscard]] Label compile_label(const config::MetricLabel& label);
  void add_end(const config::MetricRule& rule, Metric* metric);
  static void find_leader(const std::vector<Rule>& before, Rule& rule);

  [[nodiscard]] Event* event_of(const parsers::Record& record);
  [[nodiscard]] Event* event_named(std::string_view name);
  void run(Event& event, const parsers::Record& record, int64_t now_unix_ns);
  void run(const Rule& rule, double value, const parsers::Record& record);
  [[nodiscard]] uint32_t series_of(Event& event, Rule& rule, const parsers::Record& record,
                                   int64_t now_unix_ns);
  [[nodiscard]] uint32_t find_series(Rule& rule, const parsers::Record& record,
                                     int64_t now_unix_ns);
  [[nodiscard]] static double value_of(const Rule& rule, const parsers::Record& record);
  void open(const Rule& rule, const parsers::Record& record) const;
  void close(const End& end, const parsers::Record& record) const;
  [[nodiscard]] std::optional<OpenKey> open_key(uint64_t ended_by,
                                                const parsers::Record& record) const;
  void note_exemplar(const Rule& rule, size_t bucket, double value,
                     const parsers::Record& record) const;
  [[nodiscard]] std::string_view label_value(const Label& label, const parsers::Record& record);
  [[nodiscard]] std::string_view outcome_of(const Label& label,
                                            const parsers::Record& record) const;
  [[nodiscard]] std::string_view route_text(Route& route, const parsers::Record& record);

  std::vector<std::string> fields_;
  std::vector<Event> events_;  // [0]: of every record
  size_t last_named_ = 0;      // the event that was named last
  parsers::FieldIndex event_name_ = 0;
  parsers::FieldIndex trace_id_ = 0;
  parsers::FieldIndex error_type_ = 0;
  parsers::FieldIndex span_id_ = 0;
  parsers::FieldIndex request_id_ = 0;
  uint64_t record_number_ = 0;  // of the record at hand, from 1
  LabelKey key_;
  std::vector<Route> routes_;
};

}  // namespace sawlog::agent
