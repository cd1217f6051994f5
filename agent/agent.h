// The agent: everything built in order, run, stopped in reverse.
//
//   state lock → tail → consumers (metrics, then one for each output) → endpoints → threads
//
// One thread runs tail, one each consumer, a few the endpoints; what they share is the FileTable,
// the consumers' status and the metrics' last saved snapshot.
//
// Stop: reading ends, what is in flight may be acknowledged for stop_timeout, everything is saved.
#pragma once

#include <cstdint>
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
  // Builds everything: opens the state, finds the files, listens. Starts no thread.
  [[nodiscard]] static base::Expected<std::unique_ptr<Agent>> build(const config::Config& config);
  ~Agent();

  void start(RunMode mode);
  // With kOnce: everything was acknowledged and saved.
  [[nodiscard]] bool is_finished() const;
  // Acknowledges what can be acknowledged within the time, saves, ends the threads. False if some
  // lines were still unacknowledged (they are sent again after the next start).
  bool stop(int64_t timeout_ns);

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
