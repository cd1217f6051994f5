// An alert: a rule whose condition is true for one set of labels.
//
//   condition false ──▶ pending (true, but not yet for the rule's `for`) ──▶ firing ──▶ gone
//
// Times are the wall clock's, in ns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "parsers/figure_condition.h"

namespace sawlog::agent {

struct Alert {
  std::string rule;
  parsers::FigureLabels labels;  // with alertname, severity and instance: what it is known by
  double value = 0;              // on the left of the comparison, at the last look
  int64_t active_unix_ns = 0;    // since when the condition is true
  int64_t firing_unix_ns = 0;    // 0: pending
  int64_t resolved_unix_ns = 0;  // 0: not yet
  std::string summary;
  std::string description;

  [[nodiscard]] bool is_firing() const { return firing_unix_ns != 0; }
  [[nodiscard]] std::string_view label(std::string_view name) const {
    const auto found = std::ranges::find(labels, name, &std::pair<std::string, std::string>::first);
    return found == labels.end() ? std::string_view() : found->second;
  }
};

}  // namespace sawlog::agent
