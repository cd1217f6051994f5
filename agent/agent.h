// The agent: everything built in order, run, stopped in reverse.
//
//   state lock → tail → consumers (metrics, then one for each output) → endpoints → threads
//
// One thread runs tail, one each consumer, a few the endpoints; what they share is the FileTable,
// the consumers' status and the metrics' last saved snapshot.
//
// Stop: reading ends, what is in flight may be acknowledged for stop_timeout, everything is saved.
// Reload: consumers that change are stopped so, the others paused for the swap; its invariants
// stand in agent_implementation.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "lib/base/error.h"

namespace sawlog::agent {

enum class RunMode : uint8_t {
  kFollow,
  kOnce,  // to the sizes of the files as they are at start(); nothing that comes later
};

class Agent {
 public:
  struct Hooks {
    // POST /reload: loads the configuration again and says what became of it. Called by threads of
    // the endpoint; empty: there is no such request.
    std::function<base::Expected<std::string>()> reload;
  };

  // Builds everything: opens the state, finds the files, listens. Starts no thread.
  [[nodiscard]] static base::Expected<std::unique_ptr<Agent>> build(const config::Config& config,
                                                                    Hooks hooks);
  ~Agent();

  void start(RunMode mode);
  // With kOnce: everything was acknowledged and saved.
  [[nodiscard]] bool is_finished() const;
  // Acknowledges what can be acknowledged within the time, saves, ends the threads. False if some
  // lines were still unacknowledged (they are sent again after the next start).
  bool stop(int64_t timeout_ns);

  // While following: goes over to the configuration and says what changed, or changes nothing and
  // says why.
  base::Expected<std::string> reload(const config::Config& next);
  // For /status and the metrics: what became of a reload, also of one whose file did not load.
  void note_reload(const base::Expected<std::string>& result);
  // Not even the old configuration could go on after a reload that failed: the process has to end.
  [[nodiscard]] bool is_broken() const;
  // Replaces the endpoint if a reload changed it; not from one of its threads.
  void tend();
  // Some loop is in one step for longer than that: the watchdog must not be fed.
  [[nodiscard]] bool hangs(int64_t step_max_ns) const;

  // Lines that went to dead letters since the process started.
  [[nodiscard]] uint64_t dead_lettered_lines() const;
  // The port of the HTTP endpoint, 0 without one.
  [[nodiscard]] int http_port() const;
  // One sentence for each consumer: what became of the lines.
  [[nodiscard]] std::vector<std::string> ledger_lines() const;

 private:
  class Implementation;
  explicit Agent(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::agent
