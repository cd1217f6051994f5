#include "agent/metrics/recorded_value.h"

#include <algorithm>
#include <cmath>

#include "agent/metrics/label_key.h"
#include "agent/metrics/usual_bounds.h"
#include "config/text_checks.h"
#include "lib/base/json_encode.h"
#include "parsers/json_object.h"

namespace sawlog::agent {
namespace {

using parsers::JsonMember;
using parsers::ValueKind;

constexpr size_t kNameBytesMax = 200;
constexpr std::string_view kEventName = "metric.recorded";

constexpr std::array<std::pair<std::string_view, config::RuleKind>, 3> kKinds = {{
    {"counter", config::RuleKind::kCounter},
    {"gauge", config::RuleKind::kGauge},
    {"histogram", config::RuleKind::kHistogram},
}};

tl::unexpected<base::Error> wrong(const std::string& sentence) {
  return base::unexpected(base::ErrorCode::kInvalid, sentence);
}

base::Expected<void> read_kind(const JsonMember& member, RecordedValue& into) {
  const auto found =
      std::ranges::find(kKinds, member.text, [](const auto& kind) { return kind.first; });
  if (member.kind != ValueKind::kString || found == kKinds.end()) {
    return wrong("'metric_type' must be counter, gauge or histogram");
  }
  into.kind = found->second;
  return {};
}

base::Expected<void> read_name(const JsonMember& member, RecordedValue& into) {
  if (member.kind != ValueKind::kString) return wrong("'name' must be a text");
  if (member.text.size() > kNameBytesMax) return wrong("'name' is longer than 200 bytes");
  if (const std::string fault = config::check_metric_name(member.text); !fault.empty()) {
    return wrong("'name' '" + member.text + "' " + fault);
  }
  into.name = member.text;
  return {};
}

base::Expected<void> read_value(const JsonMember& member, RecordedValue& into) {
  const bool is_number = member.kind == ValueKind::kInteger || member.kind == ValueKind::kDouble;
  if (!is_number || !std::isfinite(member.number)) return wrong("'value' must be a number");
  into.value = member.number;
  return {};
}

base::Expected<void> read_labels(const JsonMember& member, RecordedValue& into) {
  if (member.kind != ValueKind::kObject) return wrong("'labels' must be an object");
  if (member.members.size() > kLabelCountMax) return wrong("'labels' has more than 16 labels");
  for (const JsonMember& label : member.members) {
    if (const std::string fault = config::check_label_name(label.name); !fault.empty()) {
      return wrong("'" + label.name + "' " + fault);
    }
    if (label.kind == ValueKind::kObject || label.kind == ValueKind::kNull) {
      return wrong("label '" + label.name + "' must be a text, a number or true or false");
    }
    if (label.text.size() > kLabelValueBytesMax) {
      return wrong("label '" + label.name + "' is longer than 256 bytes");
    }
    into.labels.emplace_back(label.name, label.text);
  }
  std::ranges::sort(into.labels);
  return {};
}

base::Expected<void> read_member(const JsonMember& member, RecordedValue& into) {
  if (member.name == "metric_type") return read_kind(member, into);
  if (member.name == "name") return read_name(member, into);
  if (member.name == "value") return read_value(member, into);
  if (member.name == "labels") return read_labels(member, into);
  // What to_line() adds.
  if (member.name == "@timestamp" || member.name == "event.name") return {};
  return wrong("'" + member.name + "' is unknown; there is metric_type, name, value, labels");
}

config::MetricUnit unit_of(const std::string& name) {
  if (name.ends_with("_seconds")) return config::MetricUnit::kSeconds;
  if (name.ends_with("_bytes")) return config::MetricUnit::kBytes;
  return config::MetricUnit::kNone;
}

}  // namespace

base::Expected<RecordedValue> parse_recorded(std::string_view json) {
  const auto members = parsers::read_json_object(json);
  if (!members) return tl::unexpected(members.error());
  RecordedValue recorded;
  for (const char* required : {"metric_type", "name", "value"}) {
    if (parsers::find_member(*members, required) == nullptr) {
      return wrong(std::string("it lacks '") + required + "'");
    }
  }
  for (const JsonMember& member : *members) {
    if (auto read = read_member(member, recorded); !read) return tl::unexpected(read.error());
  }
  if (recorded.kind == config::RuleKind::kCounter && recorded.value < 0) {
    return wrong("'value' is negative: a counter never goes down");
  }
  return recorded;
}

MetricSchema RecordedValue::schema() const {
  MetricSchema schema;
  schema.name = name;
  schema.kind = kind;
  schema.is_recorded = true;
  for (const auto& [label, text] : labels) schema.labels.push_back(label);
  if (kind == config::RuleKind::kHistogram) schema.bounds = usual_bounds(unit_of(name));
  return schema;
}

std::string RecordedValue::contradicts(const MetricSchema& schema) const {
  if (schema.kind != kind) return "is a metric of another type";
  std::vector<std::string> names = schema.labels;
  std::ranges::sort(names);
  const auto name_of = [](const auto& label) -> const std::string& { return label.first; };
  if (!std::ranges::equal(names, labels, {}, {}, name_of)) return "has other labels";
  return "";
}

std::string RecordedValue::to_line(int64_t unix_ns) const {
  std::string line = "{\"@timestamp\":\"";
  base::append_rfc3339(line, unix_ns);
  line.append("\",\"event.name\":\"").append(kEventName).append("\",\"metric_type\":\"");
  line += std::ranges::find(kKinds, kind, [](const auto& pair) { return pair.second; })->first;
  line += "\",\"name\":";
  base::append_json_string(line, name);
  line += ",\"value\":";
  base::append_double(line, value);
  line += ",\"labels\":{";
  for (const auto& [label, text] : labels) {
    if (!line.ends_with('{')) line += ',';
    base::append_json_string(line, label);
    line += ':';
    base::append_json_string(line, text);
  }
  return line + "}}\n";
}

}  // namespace sawlog::agent
