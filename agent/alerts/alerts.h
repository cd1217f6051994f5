// Alerts: rules over the figures of /metrics, and who is told when they fire.
//
//   figures ──▶ WatchedRule (condition, history) ──▶ AlertBook (pending, firing, silences)
//                                                        │
//                     for each receiver: AlertTelling (what it was told) ──▶ SendFunction
//
// One thread looks at the conditions every interval; one for each receiver sends, so that one
// that hangs holds up no other, and none of them a consumer. The threads are the caller's: loops().
//
// Invariants
//   * The state (history, pending and firing alerts, what was told, silences) is saved in
//     STATE_DIR/alerts, one record of a journal that is replaced at each change: written aside,
//     synced, renamed; mode 0600. After a restart everything goes on: no alert is told twice, none
//     starts its `for` again. What was sent and not yet saved when the agent was killed may be told
//     once more.
//   * A state that is damaged is set aside, said once, and begun anew.
//   * A message that cannot be sent is made anew and tried again, for ever, less and less often
//     (outputs/retry.h); nothing is queued (alert_telling.h).
//   * While there are no figures (metrics are withheld) nothing changes.
// Thread-safe after open().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/alerts/alert_channel.h"
#include "agent/alerts/alert_telling.h"
#include "agent/alerts/watched_rule.h"
#include "agent/checkpoint/journal.h"
#include "agent/metrics/exposition.h"
#include "agent/waker.h"
#include "lib/base/filesystem.h"
#include "outputs/retry.h"

namespace sawlog::agent {

struct AlertsOptions {
  std::string state_dir;
  std::string host;
  config::Labels labels;  // the configuration's own, of all alerts
  // nullopt: withheld for now.
  std::function<std::optional<Figures>()> figures;
  // For the agent's log; level: error, warn, info.
  std::function<void(const char* level, const std::string& message)> report;
  // Of a receiver; tests give their own.
  std::function<SendFunction(const config::ReceiverConfig&)> channel;
};

class Alerts {
 public:
  // filesystem and clock outlive it. Fails only for a state of a later version, or a disk that
  // refuses.
  [[nodiscard]] static base::Expected<std::unique_ptr<Alerts>> open(
      const config::AlertsConfig& config, AlertsOptions options, base::Filesystem& filesystem,
      const base::Clock& clock);

  // To be run by a thread each, until stop(). Before the first figures are there, they wait.
  [[nodiscard]] std::vector<std::function<void()>> loops();
  // Ends the loops and saves; what is being sent is given up within a second.
  void stop();

  // One turn of a loop. look(): evaluates all rules. step(): sends what is due to the receiver, and
  // returns for how long, in ns, there is nothing to do if nothing changes.
  void look();
  [[nodiscard]] int64_t step(size_t receiver);

  // {"match": {"alertname": "x", …}, "duration": "2h", "comment": "…"}; "0s" ends it. kInvalid.
  [[nodiscard]] base::Expected<void> silence(std::string_view json);

  // For /status: an object.
  [[nodiscard]] std::string status_json() const;
  void write_metrics(ExpositionWriter& writer) const;

 private:
  struct Receiver {
    config::ReceiverConfig config;
    AlertTelling telling;
    SendFunction send;
    outputs::Backoff backoff;
    std::unique_ptr<Waker> waker = std::make_unique<Waker>();
    int64_t retry_at_monotonic_ns = 0;
    std::string failure = {};  // "" while it takes messages
    uint64_t sent = 0;
    uint64_t failed = 0;
  };
  Alerts(AlertsOptions options, const config::AlertsConfig& config, const base::Clock& clock);

  base::Expected<void> build(base::Filesystem& filesystem);
  void restore(const std::string& state);
  [[nodiscard]] bool restore_parts(ByteReader& reader);
  [[nodiscard]] std::string encode() const;
  void save();
  void save_if_due(uint64_t changes_before);
  void report_changes(const std::string& rule, size_t fired_before);
  [[nodiscard]] size_t firing_count(const std::string& rule) const;
  void run_looks();
  void run_sender(size_t receiver);
  void settle(Receiver& receiver, const AlertMessage& message,
              const tl::expected<void, SendFailure>& sent);
  void append_rules(std::string& out) const;
  void append_receivers(std::string& out) const;

  const AlertsOptions options_;
  const config::AlertsConfig config_;
  const base::Clock& clock_;

  std::mutex save_mutex_;  // before mutex_
  std::unique_ptr<Journal> journal_;
  std::string save_error_;
  int64_t saved_at_unix_ns_ = 0;

  mutable std::mutex mutex_;  // for all below
  HistoryBudget budget_;
  std::vector<WatchedRule> rules_;
  AlertBook book_;
  std::vector<Receiver> receivers_;
  uint64_t looks_ = 0;

  std::atomic<bool> stops_{false};
  Waker waker_;
};

}  // namespace sawlog::agent
