// A rule with its compiled condition and the history that it needs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/alerts/alert.h"
#include "agent/alerts/figure_window.h"
#include "config/config.h"
#include "lib/base/error.h"

namespace sawlog::agent {

class WatchedRule {
 public:
  // budget outlives the rule. kInvalid for a condition that config/ would have refused.
  [[nodiscard]] static base::Expected<WatchedRule> create(const config::AlertRule& rule,
                                                          HistoryBudget& budget);

  [[nodiscard]] const config::AlertRule& rule() const { return rule_; }
  // Where the condition is true; nullopt: it cannot be said yet, because a window has just begun.
  [[nodiscard]] std::optional<parsers::FigureValues> look(const Figures& figures,
                                                          int64_t now_unix_ns);
  // Sets of labels that were left out so far, because there were too many.
  [[nodiscard]] uint64_t left_out() const { return left_out_; }

  // An alert of this rule, for labels that a look returned. common: labels of all alerts.
  [[nodiscard]] Alert alert(const parsers::FigureLabels& labels, double value,
                            const config::Labels& common) const;

  void save(ByteWriter& writer) const;
  [[nodiscard]] bool restore(ByteReader& reader);

 private:
  WatchedRule(config::AlertRule rule, parsers::FigureCondition condition)
      : rule_(std::move(rule)), condition_(std::move(condition)) {}

  config::AlertRule rule_;
  parsers::FigureCondition condition_;
  std::vector<std::optional<FigureWindow>> windows_;  // of the condition's selections
  uint64_t left_out_ = 0;
};

// "12.5", as people read numbers.
[[nodiscard]] std::string shown_number(double value);

}  // namespace sawlog::agent
