// One metric: its series, what of them changed, and how they are saved.
//
// The rows of cells (metric_schema.h) are the state itself: bit for bit what is saved, restored and
// shown. A delta carries whole rows, not differences, so that applying one twice changes nothing.
// Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/compensated_sum.h"
#include "agent/metrics/exemplars.h"
#include "agent/metrics/metric_schema.h"
#include "agent/metrics/metric_snapshot.h"
#include "agent/metrics/open_starts.h"
#include "agent/metrics/series_table.h"
#include "agent/metrics/state_codec.h"
#include "outputs/output.h"

namespace sawlog::agent {

// Shared by all metrics of a set.
struct SeriesBudget {
  uint64_t series_max = 10'000;         // of one metric
  uint64_t series_total_max = 100'000;  // of all
  uint64_t series_total = 0;
};

class Metric {
 public:
  // budget outlives the metric.
  Metric(MetricSchema schema, SeriesBudget& budget);

  [[nodiscard]] const MetricSchema& schema() const { return *schema_; }

  // The series with this key (label_key.h), made if there is room, else the overflow series.
  uint32_t series(std::string_view key, int64_t now_unix_ns) {
    const uint32_t index = table_.find(key);
    return index != SeriesTable::kNone ? index : new_series(key, now_unix_ns);
  }
  [[nodiscard]] std::string_view key(uint32_t index) const { return table_.key(index); }
  // What does not fit goes there, each time by series(). SeriesTable::kNone while all fit.
  [[nodiscard]] uint32_t overflow_series() const { return overflow_series_; }
  void add(uint32_t index, double value) {
    uint64_t* const row = change(index);
    add_compensated(row[cell::kSum], row[cell::kCompensation], value);
  }
  // Of a gauge: the latest by the record's time wins, whatever the order of reading.
  void set(uint32_t index, double value, int64_t time_unix_ns);
  // Of a histogram; returns the bucket.
  size_t observe(uint32_t index, double value) {
    add(index, value);
    size_t bucket = 0;
    for (const double bound : bounds_) bucket += value > bound ? 1 : 0;
    ++row(index)[cell::kBuckets + bucket];
    return bucket;
  }
  // The trace behind a value that was just added or observed, if that is wanted.
  [[nodiscard]] bool wants_exemplar() const { return exemplars_.is_wanted(); }
  void note_exemplar(uint32_t index, size_t bucket, double value, std::string_view trace_id,
                     int64_t time_unix_ns) {
    exemplars_.note(index, bucket, value, trace_id, time_unix_ns);
  }

  // Of a gauge that counts what goes on: a start under the key, and its end.
  void open(uint32_t index, const OpenKey& key, int64_t time_unix_ns);
  void close(const OpenKey& key);
  // Closes what started before the time; whether anything did.
  bool close_before(int64_t unix_ns);
  [[nodiscard]] bool has_open() const { return open_.size() > 0; }
  [[nodiscard]] int64_t earliest_open_unix_ns() const { return open_.earliest_unix_ns(); }

  // Appends this metric's block; nothing if nothing changed and kind is kDelta.
  void save(outputs::SaveKind kind, std::string& out);
  // What the last save() wrote is durable.
  void saved();
  // As of the last save() or restore().
  [[nodiscard]] std::shared_ptr<const MetricSnapshot> snapshot() const { return snapshot_; }

  // Reads the rows of a block whose schema is this one's. False: the bytes are wrong.
  [[nodiscard]] bool restore(StateReader& reader);
  // Skips the rows of a block that belongs to no metric any more.
  [[nodiscard]] static bool skip(StateReader& reader, const MetricSchema& schema);
  void restored();

  [[nodiscard]] uint32_t series_count() const { return table_.size(); }
  [[nodiscard]] size_t memory_bytes() const;

 private:
  uint64_t* row(uint32_t index) { return cells_.data() + size_t{index} * cells_per_series_; }
  uint64_t* change(uint32_t index) {
    if (is_changed_[index] == 0) {
      is_changed_[index] = 1;
      changed_.push_back(index);
    }
    return row(index);
  }
  uint32_t new_series(std::string_view key, int64_t now_unix_ns);
  uint32_t insert(std::string_view key, int64_t now_unix_ns);
  void write_row(uint32_t index, bool with_key, StateWriter& writer);
  void write_open(outputs::SaveKind kind, StateWriter& writer);
  [[nodiscard]] bool restore_open(StateReader& reader);
  void count_open(uint32_t index, int change);
  void take_snapshot();

  const std::shared_ptr<const MetricSchema> schema_;
  const std::span<const double> bounds_;  // of the schema
  const size_t cells_per_series_;
  SeriesBudget& budget_;
  SeriesTable table_;
  std::vector<uint64_t> cells_;
  uint64_t overflow_count_ = 0;
  uint32_t overflow_series_ = SeriesTable::kNone;
  Exemplars exemplars_;
  OpenStarts open_;
  std::vector<uint32_t> open_counts_;  // by series; shorter than the series where nothing is open

  std::vector<uint8_t> is_changed_;  // by series, since the last save()
  std::vector<uint32_t> changed_;
  std::vector<uint32_t> unsaved_;  // written by save(), not yet reported durable
  uint32_t written_count_ = 0;     // series that the last save() knew
  uint32_t durable_count_ = 0;     // series whose key is durable: deltas need only their number
  std::shared_ptr<const MetricSnapshot> snapshot_;
};

void write_schema(const MetricSchema& schema, StateWriter& writer);
[[nodiscard]] MetricSchema read_schema(StateReader& reader);

}  // namespace sawlog::agent
