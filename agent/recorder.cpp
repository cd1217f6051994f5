#include "agent/recorder.h"

#include <algorithm>

#include "agent/metrics/recorded_value.h"

namespace sawlog::agent {
namespace {

bool is_read(const FileTable& table, size_t consumer, const std::string& path,
             uint64_t size_bytes) {
  const auto files = table.snapshot();
  return std::ranges::any_of(*files, [&](const auto& file) {
    return file->path() == path && file->acknowledged(consumer) >= size_bytes;
  });
}

}  // namespace

base::Expected<std::unique_ptr<Recorder>> Recorder::open(
    base::Filesystem& filesystem, const std::string& directory, const base::Clock& clock,
    const FileTable& table, size_t metrics_index, const MetricSnapshots& snapshots) {
  auto log = RecordLog::open(filesystem, directory,
                             [&table, metrics_index](const std::string& path, uint64_t size_bytes) {
                               return is_read(table, metrics_index, path, size_bytes);
                             });
  if (!log) return tl::unexpected(log.error());
  std::unique_ptr<Recorder> recorder(new Recorder(clock, snapshots));
  recorder->log_ = std::move(*log);
  return recorder;
}

base::Expected<void> Recorder::record(std::string_view json) {
  const auto value = parse_recorded(json);
  if (!value) return tl::unexpected(value.error());
  if (const auto snapshot = snapshots_.current()) {
    const auto known = std::ranges::find(
        *snapshot, value->name, [](const auto& metric) -> auto& { return metric->schema->name; });
    const std::string contradiction =
        known == snapshot->end() ? "" : value->contradicts(*(*known)->schema);
    if (!contradiction.empty()) {
      return base::unexpected(base::ErrorCode::kInvalid, "'" + value->name + "' " + contradiction);
    }
  }
  return log_->append(value->to_line(clock_.unix_ns()));
}

}  // namespace sawlog::agent
