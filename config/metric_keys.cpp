#include "config/metric_keys.h"

#include "config/presets.h"
#include "config/text_checks.h"

namespace sawlog::config {
namespace {

constexpr size_t kBucketsMax = 100;
constexpr size_t kLabelsMax = 16;
constexpr int64_t kSecondNs = 1'000'000'000;

std::string label_name_of(const std::string& field) {
  std::string name = field;
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

Section<MetricLabel> label_section() {
  Section<MetricLabel> section;
  section
      .text("field", &MetricLabel::field, {.check = check_not_empty},
            "the field whose value is the label's")
      .word<LabelForm>(
          "form", &MetricLabel::form,
          {{"text", LabelForm::kText},
           {"route", LabelForm::kRoute},
           {"outcome", LabelForm::kOutcome}},
          {},
          "route: a path without its query, ids in it as {id}; outcome: success or error, "
          "whatever word the service uses")
      .text("default", &MetricLabel::default_text, {.check = check_not_empty},
            "the value where a record does not have the field; without a field: of all records");
  return section;
}

void read_label(const Node& name, const Node& value, const std::string& path, MetricRule& rule,
                Reading& reading) {
  MetricLabel label;
  label.name = name.text;
  if (const std::string wrong = check_label_name(label.name); !wrong.empty()) {
    reading.mistake(name.place, "'" + path + "': '" + label.name + "' " + wrong);
  }
  if (value.kind == Node::Kind::kMap) {
    label_section().read(value, join_path(path, name.text), label, reading);
    if (label.field.empty() && label.default_text.empty()) {
      reading.mistake(value.place, "'" + join_path(path, name.text) + "' lacks 'field'");
    }
  } else if (auto field = read_text(value, join_path(path, name.text), {.check = check_not_empty},
                                    reading)) {
    label.field = *std::move(field);
  }
  rule.labels.push_back(std::move(label));
}

// {label: FIELD}, {label: {field: FIELD, form: route}}, or [FIELD, …].
void read_labels(const Node& node, const std::string& path, MetricRule& rule, Reading& reading) {
  if (node.kind == Node::Kind::kList) {
    for (const std::string& field : read_texts(node, path, {.check = check_not_empty}, reading)) {
      rule.labels.push_back({label_name_of(field), field});
    }
  } else {
    for_each_entry(node, path, reading, [&](const Node& name, const Node& value) {
      read_label(name, value, path, rule, reading);
    });
  }
  if (rule.labels.size() > kLabelsMax) {
    reading.mistake(node.place, "'" + path + "' has more than 16 labels");
  }
}

void read_buckets(const Node& node, const std::string& path, MetricRule& rule, Reading& reading) {
  rule.buckets = read_numbers(node, path, reading);
  if (rule.buckets.size() > kBucketsMax) {
    reading.mistake(node.place, "'" + path + "' has more than 100 buckets");
  }
  if (std::ranges::adjacent_find(rule.buckets, std::greater_equal<>()) != rule.buckets.end()) {
    reading.mistake(node.place, "'" + path + "' must rise");
  }
}

KeyInfo info(std::string name, ValueType type, std::string meaning) {
  KeyInfo key;
  key.name = std::move(name);
  key.type = type;
  key.meaning = std::move(meaning);
  return key;
}

Section<MetricRule> rule_section() {
  using Rule = MetricRule;
  Section<Rule> section;
  const auto kind_key = [&](const std::string& name, RuleKind kind, const std::string& meaning) {
    section.custom(info(name, ValueType::kText, meaning), [kind](const Node& node,
                                                                 const std::string& path,
                                                                 Rule& rule, Reading& reading) {
      rule.kind = kind;
      rule.name = read_text(node, path, {.check = check_metric_name}, reading).value_or(rule.name);
    });
  };
  KeyInfo labels = info("labels", ValueType::kLabelMap, "{label: FIELD}, or [FIELD, …]");
  labels.children = label_section().infos();
  kind_key("counter", RuleKind::kCounter, "the metric's name: value is added for each record");
  kind_key("gauge", RuleKind::kGauge,
           "the metric's name: it is set to value, or counts up or down");
  kind_key("histogram", RuleKind::kHistogram, "the metric's name: value is sorted into buckets");
  section.text("help", &Rule::help, {}, "one line that /metrics shows")
      .text("where", &Rule::where, {.check = check_expression}, "an expression: only these records")
      .custom(labels, read_labels)
      .text("value", &Rule::value, {.check = check_not_empty}, "a field, or a number")
      .word<GaugeOp>("op", &Rule::op,
                     {{"set", GaugeOp::kSet}, {"inc", GaugeOp::kInc}, {"dec", GaugeOp::kDec}}, {},
                     "what value does to a gauge")
      .text("until", &Rule::until, {.check = check_not_empty},
            "of a gauge: the event.name that ends what the records of this rule start, by span_id "
            "or request.id; counts what goes on")
      .word<MetricUnit>(
          "unit", &Rule::unit,
          {{"none", MetricUnit::kNone}, {"s", MetricUnit::kSeconds}, {"bytes", MetricUnit::kBytes}},
          {}, "of a histogram's value; the field event.duration becomes seconds")
      .custom(info("buckets", ValueType::kNumberList, "upper bounds; the unit's usual ones"),
              read_buckets);
  return section;
}

void check_rule(const Node& node, const std::string& path, const MetricRule& rule,
                Reading& reading) {
  int kinds = 0;
  for (const char* kind : {"counter", "gauge", "histogram"}) {
    if (node.find(kind) != nullptr) ++kinds;
  }
  if (kinds != 1) {
    reading.mistake(node.place, "'" + path + "' must have one of counter, gauge, histogram");
  }
  if (rule.kind == RuleKind::kHistogram && node.find("value") == nullptr) {
    reading.mistake(node.place, "'" + path + "' lacks 'value': the field that is measured");
  }
  const auto only_for = [&](const char* key, RuleKind kind, const char* name) {
    if (rule.kind != kind && node.find(key) != nullptr) {
      reading.mistake(node.find(key)->place,
                      join_path("'" + path, key) + "' is only for a " + name);
    }
  };
  only_for("op", RuleKind::kGauge, "gauge");
  only_for("until", RuleKind::kGauge, "gauge");
  only_for("unit", RuleKind::kHistogram, "histogram");
  only_for("buckets", RuleKind::kHistogram, "histogram");
  for (const char* key : {"op", "value"}) {
    if (!rule.until.empty() && node.find(key) != nullptr) {
      reading.mistake(node.find(key)->place,
                      join_path("'" + path, key) + "' does not go with until: it counts by one");
    }
  }
}

std::vector<MetricRule> read_rules(const Node& node, const std::string& path, Reading& reading) {
  std::vector<MetricRule> rules;
  if (node.kind != Node::Kind::kList) {
    reading.mistake(node.place, "'" + path + "' must be a list of rules");
    return rules;
  }
  const Section<MetricRule> section = rule_section();
  for (size_t i = 0; i < node.items.size(); ++i) {
    const std::string item_path = path + "[" + std::to_string(i) + "]";
    MetricRule rule;
    rule.place = node.items[i].place;
    section.read(node.items[i], item_path, rule, reading);
    if (node.items[i].kind == Node::Kind::kMap) {
      check_rule(node.items[i], item_path, rule, reading);
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

std::vector<std::string> read_preset_names(const Node& node, const std::string& path,
                                           Reading& reading) {
  std::vector<std::string> names;
  if (node.kind != Node::Kind::kList) {
    reading.mistake(node.place, "'" + path + "' must be a list of presets, such as [http, log]");
    return names;
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const std::string item_path = path + "[" + std::to_string(i) + "]";
    if (auto name = read_word(node.items[i], item_path, preset_names(), {}, reading)) {
      names.push_back(*std::move(name));
    }
  }
  return names;
}

namespace {

// An event of a preset, with the rules for it.
struct PresetEvent {
  EventShape shape;
  std::vector<MetricRule> rules;
};

Section<PresetEvent> event_section() {
  Section<EventShape> shape;
  shape
      .text("name", &EventShape::name, {.is_required = true, .check = check_not_empty},
            "the event's name")
      .texts("fields", &EventShape::fields, {.check = check_not_empty},
             "a record without event.name that has all of these is such an event");
  Section<PresetEvent> section;
  section
      .include<EventShape>(
          shape, [](PresetEvent& event) -> EventShape& { return event.shape; }, "")
      .custom(info("rules", ValueType::kSectionList, "its metrics"),
              [](const Node& node, const std::string& path, PresetEvent& event, Reading& reading) {
                event.rules = read_rules(node, path, reading);
              });
  return section;
}

void read_events(const Node& node, const std::string& path, Preset& preset, Reading& reading) {
  const Section<PresetEvent> section = event_section();
  for (const Node& item : node.items) {
    PresetEvent event;
    section.read(item, path, event, reading);
    for (MetricRule& rule : event.rules) {
      rule.event = event.shape.name;
      preset.rules.push_back(std::move(rule));
    }
    preset.events.push_back(std::move(event.shape));
  }
}

}  // namespace

Section<MetricsConfig> metrics_section() {
  using Metrics = MetricsConfig;
  Section<Metrics> section;
  KeyInfo presets = info("presets", ValueType::kTextList, "ready-made metrics");
  presets.default_value = show_list(Metrics().presets);
  presets.words = preset_names();
  KeyInfo rules = info("rules", ValueType::kSectionList, "your own metrics");
  rules.children = rule_section().infos();
  section
      .custom(presets,
              [](const Node& node, const std::string& path, Metrics& into, Reading& reading) {
                into.presets = read_preset_names(node, path, reading);
              })
      .count("series_max", &Metrics::series_max, 1, 1'000'000,
             "series of one metric; what is more goes to its overflow series")
      .count("series_total_max", &Metrics::series_total_max, 1, 10'000'000,
             "series of all metrics together")
      .time("open_max", &Metrics::open_max_ns, kSecondNs, 7 * 86'400 * kSecondNs,
            "when a started request without an end leaves its gauge")
      .custom(rules, [](const Node& node, const std::string& path, Metrics& into,
                        Reading& reading) { into.rules = read_rules(node, path, reading); });
  return section;
}

Section<Preset> preset_section() {
  Section<Preset> section;
  section
      .custom(info("events", ValueType::kSectionList,
                   "how the preset's events are recognised, and their metrics"),
              read_events)
      .custom(info("rules", ValueType::kSectionList, "metrics of every record"),
              [](const Node& node, const std::string& path, Preset& preset, Reading& reading) {
                preset.rules = read_rules(node, path, reading);
              });
  return section;
}

}  // namespace sawlog::config
