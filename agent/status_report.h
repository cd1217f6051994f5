// What the agent tells about itself: /status (JSON), /health/ready, and the sawlog_ metrics.
//
// Takes moments' copies (AgentStatus), so any thread may render them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/consumer.h"
#include "agent/metrics/own_metrics.h"
#include "agent/tail/file_table.h"
#include "agent/tail/tail.h"

namespace sawlog::agent {

struct ReloadStatus {
  uint64_t done_count = 0;
  uint64_t failed_count = 0;
  int64_t last_unix_ns = 0;  // 0: none yet
  std::string last_error;    // "" if the last one was done
};

struct AgentStatus {
  int64_t now_unix_ns = 0;
  int64_t started_unix_ns = 0;
  uint64_t memory_limit_bytes = 0;
  std::vector<ConsumerStatus> consumers;  // metrics first, then the outputs in their order
  TailCounters tail;
  std::string tail_error;  // "" while tail can look and save
  std::shared_ptr<const FileList> files;
  ReloadStatus reload;
  std::string alerts_json;  // an object; "" without alerts
};

[[nodiscard]] std::string_view state_name(outputs::Health::State state);
[[nodiscard]] std::string_view state_name(FileState state);
// What the slowest consumer has not acknowledged of the file.
[[nodiscard]] uint64_t lag_of(const TailedFile& file);

// Why the agent is not ready, one sentence each; empty: ready. Not ready: an output is unreachable
// or paused, or some state cannot be saved.
[[nodiscard]] std::vector<std::string> reasons_not_ready(const AgentStatus& status);

// At most kStatusFilesMax files, those that lag most first; "files_omitted" counts the rest.
constexpr size_t kStatusFilesMax = 1000;
[[nodiscard]] std::string status_json(const AgentStatus& status);

// The same for the sawlog_ metrics.
[[nodiscard]] OwnFigures own_figures(const AgentStatus& status);

// "archive: read 10, delivered 10, dead-lettered 0, …": for the end of run --once.
[[nodiscard]] std::string ledger_sentence(const ConsumerStatus& status);

}  // namespace sawlog::agent
