// One value that somebody sent by POST /record: what its JSON may say, and the line it becomes in
// the file that the metrics' consumer follows.
//
//   {"metric_type": "counter", "name": "signups_total", "value": 1, "labels": {"plan": "free"}}
//
// counter: value is added; gauge: it is set; histogram: it is sorted into the usual buckets of
// seconds, bytes or numbers, by the name's end.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/metrics/metric_schema.h"
#include "lib/base/error.h"

namespace sawlog::agent {

struct RecordedValue {
  config::RuleKind kind = config::RuleKind::kCounter;
  std::string name;
  double value = 0;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name

  // The metric that the value makes where none of that name is known.
  [[nodiscard]] MetricSchema schema() const;
  // "" if the value fits to the schema, else the end of a sentence that begins with the name.
  [[nodiscard]] std::string contradicts(const MetricSchema& schema) const;
  // A line of the event format, with its line end. parse_recorded() reads it back.
  [[nodiscard]] std::string to_line(int64_t unix_ns) const;
};

// The body of a request, or a line. kInvalid with one sentence about what is wrong.
[[nodiscard]] base::Expected<RecordedValue> parse_recorded(std::string_view json);

}  // namespace sawlog::agent
