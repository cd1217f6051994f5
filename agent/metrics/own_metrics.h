// The agent's metrics about itself: sawlog_…. The figures are filled in by who knows them, at each
// scrape; here stand their names, types and texts.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/metrics/exposition.h"

namespace sawlog::agent {

// Counters of lines and bytes are since the state directory was made, those of requests since the
// process started.
struct ConsumerFigures {
  std::string name;
  bool is_output = true;  // false: the metrics
  bool is_up = true;
  bool is_saved = true;  // false while the state cannot be written
  uint64_t delivered_lines = 0;
  uint64_t dead_lettered_lines = 0;
  uint64_t filtered_lines = 0;
  uint64_t abandoned_lines = 0;
  uint64_t cut_lines = 0;
  uint64_t not_json_lines = 0;
  uint64_t unreadable_times = 0;
  uint64_t in_flight_lines = 0;
  uint64_t lag_bytes = 0;
  double lag_seconds = 0;
  uint64_t memory_bytes = 0;
  uint64_t requests = 0;
  uint64_t retries = 0;
  uint64_t sent_bytes = 0;
  uint64_t already_there_lines = 0;
  uint64_t overflow_lines = 0;
  uint64_t diverted_lines = 0;
  std::vector<std::pair<std::string, uint64_t>> dead_letters;  // reason, lines
};

struct OwnFigures {
  std::string version;
  int64_t started_unix_ns = 0;
  uint64_t memory_limit_bytes = 0;
  std::vector<std::pair<std::string, uint64_t>> read_bytes;       // source, bytes
  std::vector<std::pair<std::string, uint64_t>> abandoned_bytes;  // reason, bytes
  uint64_t held_bytes = 0;
  uint64_t reloads_done = 0;
  uint64_t reloads_failed = 0;
  bool is_last_reload_done = true;
  uint64_t files_known = 0;
  uint64_t files_open = 0;
  uint64_t files_rotated = 0;
  uint64_t files_truncated = 0;
  std::vector<ConsumerFigures> consumers;
};

void write_own_metrics(const OwnFigures& figures, ExpositionWriter& writer);

}  // namespace sawlog::agent
