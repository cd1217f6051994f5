// The alerts that there are, and the silences.
//
// Invariants
//   * An alert is known by its labels; there is one of each.
//   * It is pending from the look at which its condition became true, fires when the condition has
//     been true at each look for the rule's `for`, and is gone at the first at which it is not.
//   * What cannot be said yet (a window has just begun) changes nothing.
//   * A rule that left the configuration takes its alerts with it at the next look.
//   * A clock that goes back makes no time of an alert lie in the future.
//   * At most kAlertsMax alerts; those beyond are counted, not kept.
// Single-threaded.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/alerts/alert.h"
#include "agent/alerts/watched_rule.h"

namespace sawlog::agent {

// Alerts that have all of these labels are told nobody until then; their end is not told, either.
struct Silence {
  parsers::FigureLabels match;
  int64_t until_unix_ns = 0;
  std::string comment;

  [[nodiscard]] bool covers(const Alert& alert) const {
    return std::ranges::includes(alert.labels, match);  // both sorted
  }
};

class AlertBook {
 public:
  static constexpr size_t kAlertsMax = 2'000;
  static constexpr size_t kSilencesMax = 100;

  using Alerts = std::map<parsers::FigureLabels, Alert>;

  explicit AlertBook(config::Labels common) : common_(std::move(common)) {}

  // values: of a look at the rule.
  void update(const WatchedRule& rule, const std::optional<parsers::FigureValues>& values,
              int64_t now_unix_ns);
  void keep_only(const std::set<std::string>& rules);
  [[nodiscard]] const Alerts& alerts() const { return alerts_; }
  [[nodiscard]] uint64_t left_out() const { return left_out_; }
  // Rises when an alert comes, fires or goes, or a silence does.
  [[nodiscard]] uint64_t changes() const { return changes_; }

  // Replaces one with the same match; until in the past ends it. kInvalid for too many.
  [[nodiscard]] base::Expected<void> silence(Silence silence, int64_t now_unix_ns);
  [[nodiscard]] bool is_silenced(const Alert& alert, int64_t now_unix_ns) const;
  [[nodiscard]] const std::vector<Silence>& silences() const { return silences_; }
  void end_silences(int64_t now_unix_ns);

  void save(ByteWriter& writer) const;
  [[nodiscard]] bool restore(ByteReader& reader);

 private:
  void update_one(const WatchedRule& rule, Alert alert, int64_t now_unix_ns);

  config::Labels common_;
  Alerts alerts_;
  std::vector<Silence> silences_;
  uint64_t left_out_ = 0;
  uint64_t changes_ = 0;
};

void save_alert(const Alert& alert, ByteWriter& writer);
[[nodiscard]] Alert restore_alert(ByteReader& reader);

}  // namespace sawlog::agent
