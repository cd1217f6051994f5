// POST /record: checks a value, and keeps it where the metrics' consumer will count it.
//
// A value that contradicts a metric that is known is refused here, so that the sender hears of it;
// what two senders contradict each other in within a second is refused when it is counted, and
// logged. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/metrics/metric_snapshot.h"
#include "agent/record_log.h"
#include "agent/tail/file_table.h"
#include "lib/base/clock.h"

namespace sawlog::agent {

class Recorder {
 public:
  // All references outlive the recorder. metrics_index: of the consumer, into
  // TailedFile::acknowledged.
  [[nodiscard]] static base::Expected<std::unique_ptr<Recorder>> open(
      base::Filesystem& filesystem, const std::string& directory, const base::Clock& clock,
      const FileTable& table, size_t metrics_index, const MetricSnapshots& snapshots);

  // Durable when it returns. kInvalid: the value is wrong; else it cannot be written now.
  [[nodiscard]] base::Expected<void> record(std::string_view json);

 private:
  Recorder(const base::Clock& clock, const MetricSnapshots& snapshots)
      : clock_(clock), snapshots_(snapshots) {}

  const base::Clock& clock_;
  const MetricSnapshots& snapshots_;
  std::unique_ptr<RecordLog> log_;
};

}  // namespace sawlog::agent
