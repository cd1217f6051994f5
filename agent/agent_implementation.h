// The parts of a running agent, and who may touch them.
//
// Four kinds of threads: tail's and one for each consumer (all ended by pause()), the endpoint's
// and those of the alerts (which run through a reload), and the caller's, which alone builds,
// reloads and stops.
//
// Invariants of a reload:
//   * configuration that does not load, and outputs that cannot be built, change nothing: the
//     running configuration goes on, consumers that were already ended are built again from it;
//   * a consumer that changes or goes is ended first, while the others run: what it has in flight
//     may be answered, its cursors are saved, its journal is closed;
//   * the swap happens while neither tail nor any consumer runs, so that nobody sees a half of it:
//     contexts of sources, indexes of consumers (TailedFile::renumber_consumers()), tail's globs;
//   * an unchanged consumer keeps its Consumer object (output, connections, cursors, what is in
//     flight), an unchanged file its TailedFile (identity, descriptor);
//   * a consumer that is gone pins nothing: no file has a place for it; its journal stays in
//     state_dir/consumers and is taken up when an output of that name, or renamed_from it, comes
//     back. A source that is gone leaves its files' cursors saved likewise;
//   * a SourceContext lives as long as the process, one for each name: outputs compare their
//     content, so a change in place is seen with the next chunk;
//   * alerts that change are ended, which saves their state, and opened again with it;
//   * the endpoint is replaced last, by tend(), when the request that asked for the reload has been
//     answered.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/agent.h"
#include "agent/alerts/alerts.h"
#include "agent/checkpoint/state_lock.h"
#include "agent/consumer_loop.h"
#include "agent/dashboard/history.h"
#include "agent/endpoints/http_server.h"
#include "agent/host/host_metrics.h"
#include "agent/log_view.h"
#include "agent/metrics/metric_snapshot.h"
#include "agent/metrics/summary.h"
#include "agent/recorder.h"
#include "agent/reload_plan.h"
#include "agent/status_report.h"
#include "agent/tail/directory_watcher.h"
#include "agent/tail/tail.h"
#include "lib/base/posix_filesystem.h"

namespace sawlog::agent {

class Agent::Implementation {
 public:
  explicit Implementation(const config::Config& config, Hooks hooks);

  base::Expected<void> build();
  void start(RunMode mode);
  [[nodiscard]] bool is_finished() const;
  bool stop(int64_t timeout_ns);

  base::Expected<std::string> reload(const config::Config& next);
  void note_reload(const base::Expected<std::string>& result);
  [[nodiscard]] bool is_broken() const { return is_broken_; }
  void tend();

  [[nodiscard]] bool hangs(int64_t step_max_ns) const;
  [[nodiscard]] AgentStatus status() const;
  [[nodiscard]] int http_port() const;

 private:
  struct RunningConsumer {
    std::unique_ptr<ConsumerLoop> loop;
    std::thread thread;
  };
  using Consumers = std::vector<RunningConsumer>;  // metrics first, then as configured

  // agent.cpp and, for listen() and answers(), agent_endpoint.cpp
  base::Expected<void> open_state();
  base::Expected<void> open_tail(const std::vector<std::unique_ptr<ConsumerCheckpoint>>& saved);
  std::vector<TailSource> update_sources(const config::Config& config);
  base::Expected<std::unique_ptr<ConsumerCheckpoint>> open_checkpoint(const config::Config& config,
                                                                      const std::string& name);
  base::Expected<RunningConsumer> build_consumer(const config::Config& config,
                                                 const std::string& name, size_t index,
                                                 std::unique_ptr<ConsumerCheckpoint> saved);
  base::Expected<std::unique_ptr<outputs::Output>> build_output(const config::Config& config,
                                                                const std::string& name);
  base::Expected<std::unique_ptr<HttpServer>> listen(const config::HttpConfig& http);
  HttpAnswers answers();
  void start_threads(RunMode mode);
  void join_tail();
  void run_tail();
  void look();
  void keep_history(const MetricSetSnapshot& snapshot);
  void collect_figures(ExpositionWriter& writer) const;

  // agent_alerts.cpp
  base::Expected<std::unique_ptr<Alerts>> open_alerts(const config::Config& config);
  [[nodiscard]] std::optional<Figures> figures() const;
  void start_alerts();
  void join_alerts();
  void replace_alerts();

  // agent_reload.cpp
  void retire(const std::vector<std::string>& names);
  void pause();
  void note_set_aside(const std::vector<std::string>& names);
  base::Expected<void> swap(const config::Config& next, const ReloadPlan& plan);
  base::Expected<Consumers> assemble(const config::Config& config, Consumers& spare);
  void undo_take_overs();
  void replace_server();
  [[nodiscard]] RunningConsumer* find_consumer(const std::string& name);

  config::Config config_;
  const Hooks hooks_;
  base::PosixFilesystem filesystem_;
  base::SystemClock clock_;
  const int64_t started_unix_ns_;
  const std::string host_name_;

  std::optional<StateLock> lock_;
  std::string agent_id_;
  std::map<std::string, std::unique_ptr<parsers::SourceContext>> contexts_;  // by source
  FileTable table_;
  std::unique_ptr<Tail> tail_;
  DirectoryWatcher watcher_;
  MetricSnapshots snapshots_;
  const HostMetrics host_metrics_{filesystem_, clock_};
  Summary summary_;
  History history_;
  const LogView log_view_{filesystem_};
  std::unique_ptr<Recorder> recorder_;  // nullptr: nothing is taken by POST /record
  // Which consumers and files there are: the endpoint's threads hold it shared while they look.
  mutable std::shared_mutex structure_mutex_;
  Consumers consumers_;
  ReloadStatus reload_status_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Alerts> alerts_;  // nullptr without any; replaced under structure_mutex_
  std::vector<std::thread> alert_threads_;
  bool is_broken_ = false;
  std::vector<std::pair<std::string, std::string>> taken_over_;  // old and new name, of this reload
  bool is_server_stale_ = false;                                 // config_.http has changed

  Waker tail_waker_;
  std::thread tail_thread_;
  std::atomic<bool> tail_stops_{false};
  std::atomic<int64_t> look_began_ns_{INT64_MAX};  // INT64_MAX between two looks
  int64_t next_look_ns_ = 0;
  mutable std::mutex tail_status_mutex_;
  TailCounters tail_counters_;
  std::string tail_error_;
};

}  // namespace sawlog::agent
