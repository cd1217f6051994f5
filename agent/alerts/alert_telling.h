// What one receiver was told, and what it has to be told next.
//
// There is no queue of messages. What has to be told is the difference between the alerts that fire
// and what the receiver was told; a message is made of it at the moment of sending, and what it
// said counts as told when the receiver has taken it. So a receiver that is down for a day costs no
// memory, gets one message about how things are now, and nothing is lost by a restart.
//
// Invariants
//   * Alerts are grouped by the values of the labels in group_by. A group's first message waits
//     group_wait, the next one about a change group_interval after the last, one without a change
//     repeat_interval.
//   * An alert that no longer fires is told as resolved to who was told that it fires (if it wants
//     to hear of that), once.
//   * Silenced alerts are not told; nor is the end of an alert that is silenced when it ends.
//   * If more than kGroupsMax groups are due at once, they come in one message.
//   * An Alertmanager groups and repeats by itself: it gets everything that fires, at each change
//     and every kRefreshNs.
// Single-threaded.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/alerts/alert_book.h"
#include "config/config.h"

namespace sawlog::agent {

struct AlertMessage {
  struct Group {
    parsers::FigureLabels labels;  // those of group_by
    std::vector<Alert> firing;
    std::vector<Alert> resolved;
  };
  std::vector<Group> groups;
  int64_t made_unix_ns = 0;

  [[nodiscard]] size_t firing_count() const;
  [[nodiscard]] size_t resolved_count() const;
};

class AlertTelling {
 public:
  static constexpr size_t kGroupsMax = 5;
  static constexpr int64_t kRefreshNs = 60'000'000'000;

  AlertTelling(const config::AlertsConfig& alerts, const config::ReceiverConfig& receiver);

  // The next message, if one is due.
  [[nodiscard]] std::optional<AlertMessage> due(const AlertBook& book, int64_t now_unix_ns);
  // When due() is worth asking again, if nothing changes.
  [[nodiscard]] int64_t next_due_unix_ns() const { return next_due_unix_ns_; }
  // The receiver has taken the message.
  void told(const AlertMessage& message, int64_t now_unix_ns);

  void save(ByteWriter& writer) const;
  [[nodiscard]] bool restore(ByteReader& reader);

 private:
  struct Told {
    int64_t last_unix_ns = 0;
    AlertBook::Alerts alerts;  // that it was told are firing
  };
  struct State {  // of a group, now
    std::vector<const Alert*> firing;
    int64_t first_new_unix_ns = INT64_MAX;  // firing since
    bool has_resolved = false;
  };
  using Groups = std::map<parsers::FigureLabels, State>;

  [[nodiscard]] bool is_wanted(const Alert& alert) const;
  [[nodiscard]] parsers::FigureLabels group_of(const Alert& alert) const;
  [[nodiscard]] Groups groups_now(const AlertBook& book, int64_t now_unix_ns);
  void drop_untold_ends(const AlertBook& book, int64_t now_unix_ns);
  [[nodiscard]] int64_t due_unix_ns(const parsers::FigureLabels& labels, const State& state) const;
  [[nodiscard]] AlertMessage::Group group(const parsers::FigureLabels& labels, const State& state,
                                          const AlertBook& book, int64_t now_unix_ns) const;

  std::vector<std::string> group_by_;
  int64_t group_wait_ns_;
  int64_t group_interval_ns_;
  int64_t repeat_interval_ns_;
  std::vector<std::string> severities_;
  bool tells_resolved_;
  std::map<parsers::FigureLabels, Told> told_;
  int64_t next_due_unix_ns_ = INT64_MAX;
};

}  // namespace sawlog::agent
