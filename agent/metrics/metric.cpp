#include "agent/metrics/metric.h"

#include <bit>

#include "agent/metrics/label_key.h"
#include "lib/base/check.h"

namespace sawlog::agent {
namespace {

constexpr uint64_t kBoundsMax = 1'000;

void write_cells(std::span<const uint64_t> cells, StateWriter& writer) {
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i == cell::kSum || i == cell::kCompensation) {
      writer.bits(cells[i]);
    } else {
      writer.number(cells[i]);
    }
  }
}

void read_cells(std::span<uint64_t> cells, StateReader& reader) {
  for (size_t i = 0; i < cells.size(); ++i) {
    cells[i] = i == cell::kSum || i == cell::kCompensation ? reader.bits() : reader.number();
  }
}

}  // namespace

Metric::Metric(MetricSchema schema, SeriesBudget& budget)
    : schema_(std::make_shared<const MetricSchema>(std::move(schema))),
      bounds_(schema_->bounds),
      cells_per_series_(schema_->cells_per_series()),
      budget_(budget) {
  take_snapshot();
}

void Metric::set(uint32_t index, double value, int64_t time_unix_ns) {
  uint64_t* const row = change(index);
  if (std::bit_cast<int64_t>(row[cell::kSetTime]) > time_unix_ns) return;
  row[cell::kSetTime] = std::bit_cast<uint64_t>(time_unix_ns);
  row[cell::kSum] = std::bit_cast<uint64_t>(value);
  row[cell::kCompensation] = 0;
}

// --- what goes on ------------------------------------------------------------------------------

void Metric::open(uint32_t index, const OpenKey& key, int64_t time_unix_ns) {
  if (const OpenStart* known = open_.find(key)) count_open(known->series, -1);
  if (open_.insert({key, index, time_unix_ns})) {
    count_open(index, 1);
  } else {
    ++overflow_count_;
    (void)change(index);
  }
}

void Metric::close(const OpenKey& key) {
  if (const auto start = open_.remove(key)) count_open(start->series, -1);
}

bool Metric::close_before(int64_t unix_ns) {
  const std::vector<OpenStart> old = open_.before(unix_ns);
  for (const OpenStart& start : old) close(start.key);
  return !old.empty();
}

void Metric::count_open(uint32_t index, int change) {
  if (open_counts_.size() <= index) open_counts_.resize(index + 1);
  open_counts_[index] += static_cast<uint32_t>(change);
  (void)this->change(index);
}

uint32_t Metric::new_series(std::string_view key, int64_t now_unix_ns) {
  const std::string printable = printable_key(key);
  if (const uint32_t known = table_.find(printable); known != SeriesTable::kNone) return known;
  if (table_.size() < budget_.series_max && budget_.series_total < budget_.series_total_max) {
    return insert(printable, now_unix_ns);
  }
  ++overflow_count_;
  if (overflow_series_ == SeriesTable::kNone) {
    LabelKey overflow;
    for (size_t i = 0; i < schema_->labels.size(); ++i) overflow.append(kOverflowValue);
    overflow_series_ = table_.find(overflow.bytes());
    if (overflow_series_ == SeriesTable::kNone) {
      overflow_series_ = insert(overflow.bytes(), now_unix_ns);
    }
  }
  return overflow_series_;
}

uint32_t Metric::insert(std::string_view key, int64_t now_unix_ns) {
  const uint32_t index = table_.insert(key);
  ++budget_.series_total;
  cells_.resize(cells_.size() + cells_per_series_);
  is_changed_.push_back(0);
  row(index)[cell::kCreated] = std::bit_cast<uint64_t>(now_unix_ns);
  if (schema_->kind == config::RuleKind::kGauge) {
    row(index)[cell::kSetTime] = std::bit_cast<uint64_t>(INT64_MIN);
  }
  return index;
}

// --- saving ------------------------------------------------------------------------------------

void Metric::save(outputs::SaveKind kind, std::string& out) {
  if (!changed_.empty()) {
    for (const uint32_t index : changed_) is_changed_[index] = 0;
    unsaved_.insert(unsaved_.end(), changed_.begin(), changed_.end());
    changed_.clear();
    take_snapshot();
  }
  written_count_ = table_.size();
  StateWriter writer(out);
  if (kind == outputs::SaveKind::kFull) {
    write_schema(*schema_, writer);
    writer.number(overflow_count_);
    writer.number(table_.size());
    for (uint32_t index = 0; index < table_.size(); ++index) write_row(index, true, writer);
    write_open(kind, writer);
  } else if (!unsaved_.empty()) {
    write_schema(*schema_, writer);
    writer.number(overflow_count_);
    std::ranges::sort(unsaved_);
    unsaved_.erase(std::ranges::unique(unsaved_).begin(), unsaved_.end());
    writer.number(unsaved_.size());
    for (const uint32_t index : unsaved_) write_row(index, index >= durable_count_, writer);
    write_open(kind, writer);
  }
}

// Of a gauge: the starts that are open, as they are now; of a delta those that changed, without
// series and time if they have ended.
void Metric::write_open(outputs::SaveKind kind, StateWriter& writer) {
  if (schema_->kind != config::RuleKind::kGauge) return;
  const auto write = [&](const OpenKey& key, const OpenStart* start) {
    writer.bits(key.low);
    writer.bits(key.high);
    writer.number(start == nullptr ? 0 : 1);
    if (start == nullptr) return;
    writer.number(start->series);
    writer.number(std::bit_cast<uint64_t>(start->time_unix_ns));
  };
  if (kind == outputs::SaveKind::kFull) {
    writer.number(open_.size());
    open_.for_each([&](const OpenStart& start) { write(start.key, &start); });
  } else {
    writer.number(open_.changes().size());
    for (const OpenKey& key : open_.changes()) write(key, open_.find(key));
  }
}

void Metric::saved() {
  unsaved_.clear();
  open_.forget_changes();
  durable_count_ = written_count_;
}

void Metric::write_row(uint32_t index, bool with_key, StateWriter& writer) {
  writer.number(uint64_t{index} << 1 | (with_key ? 1 : 0));
  if (with_key) writer.text(table_.key(index));
  write_cells({row(index), cells_per_series_}, writer);
}

void Metric::take_snapshot() {
  auto snapshot = std::make_shared<MetricSnapshot>();
  snapshot->schema = schema_;
  snapshot->series = table_.shared_keys();
  snapshot->cells = cells_;
  snapshot->open_counts = open_counts_;
  snapshot->exemplars = exemplars_.table();
  exemplars_.want_more();
  snapshot->overflow_count = overflow_count_;
  snapshot_ = std::move(snapshot);
}

bool Metric::restore(StateReader& reader) {
  overflow_count_ = reader.number();
  const uint64_t row_count = reader.number();
  std::vector<std::string_view> values(schema_->labels.size());
  for (uint64_t i = 0; i < row_count && reader.ok(); ++i) {
    const uint64_t head = reader.number();
    const uint64_t index = head >> 1;
    if ((head & 1) != 0) {
      const std::string_view key = reader.text();
      if (!reader.ok() || !split_key(key, values)) return false;
      if (index == table_.size() && table_.find(key) == SeriesTable::kNone) insert(key, 0);
      if (index >= table_.size() || table_.key(static_cast<uint32_t>(index)) != key) return false;
    }
    if (index >= table_.size()) return false;
    read_cells({row(static_cast<uint32_t>(index)), cells_per_series_}, reader);
  }
  return reader.ok() && restore_open(reader);
}

bool Metric::restore_open(StateReader& reader) {
  if (schema_->kind != config::RuleKind::kGauge) return true;
  const uint64_t count = reader.number();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    OpenKey key;
    key.low = reader.bits();
    key.high = reader.bits();
    if (reader.number() == 0) {
      close(key);
      continue;
    }
    const uint64_t series = reader.number();
    const auto time_unix_ns = std::bit_cast<int64_t>(reader.number());
    if (!reader.ok() || series >= table_.size()) return false;
    open(static_cast<uint32_t>(series), key, time_unix_ns);
  }
  return reader.ok();
}

bool Metric::skip(StateReader& reader, const MetricSchema& schema) {
  (void)reader.number();
  const uint64_t row_count = reader.number();
  std::vector<uint64_t> cells(schema.cells_per_series());
  for (uint64_t i = 0; i < row_count && reader.ok(); ++i) {
    if ((reader.number() & 1) != 0) (void)reader.text();
    read_cells(cells, reader);
  }
  if (schema.kind != config::RuleKind::kGauge) return reader.ok();
  const uint64_t open_count = reader.number();
  for (uint64_t i = 0; i < open_count && reader.ok(); ++i) {
    (void)reader.bits();
    (void)reader.bits();
    if (reader.number() == 0) continue;
    (void)reader.number();
    (void)reader.number();
  }
  return reader.ok();
}

void Metric::restored() {
  durable_count_ = table_.size();
  for (const uint32_t index : changed_) is_changed_[index] = 0;
  changed_.clear();
  open_.forget_changes();
  take_snapshot();
}

size_t Metric::memory_bytes() const {
  return table_.memory_bytes() + 2 * cells_.capacity() * sizeof(uint64_t) + is_changed_.capacity() +
         (changed_.capacity() + unsaved_.capacity() + 2 * open_counts_.capacity()) *
             sizeof(uint32_t) +
         open_.memory_bytes() + 2 * exemplars_.table().capacity() * sizeof(Exemplar);
}

void write_schema(const MetricSchema& schema, StateWriter& writer) {
  writer.text(schema.name);
  writer.number(static_cast<uint64_t>(schema.kind));
  writer.number(schema.is_recorded ? 1 : 0);
  writer.number(schema.labels.size());
  for (const std::string& label : schema.labels) writer.text(label);
  writer.number(schema.bounds.size());
  for (const double bound : schema.bounds) writer.bits(std::bit_cast<uint64_t>(bound));
}

MetricSchema read_schema(StateReader& reader) {
  MetricSchema schema;
  schema.name = reader.text();
  schema.kind = static_cast<config::RuleKind>(reader.number());
  schema.is_recorded = reader.number() == 1;
  const uint64_t label_count = std::min<uint64_t>(reader.number(), kLabelCountMax);
  for (uint64_t i = 0; i < label_count; ++i) schema.labels.emplace_back(reader.text());
  const uint64_t bound_count = std::min<uint64_t>(reader.number(), kBoundsMax);
  for (uint64_t i = 0; i < bound_count; ++i) {
    schema.bounds.push_back(std::bit_cast<double>(reader.bits()));
  }
  return schema;
}

}  // namespace sawlog::agent
