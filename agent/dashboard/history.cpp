#include "agent/dashboard/history.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "agent/metrics/quantile.h"
#include "lib/base/json_encode.h"

namespace sawlog::agent {
namespace {

const char* name_of(SeriesKind kind) {
  switch (kind) {
    case SeriesKind::kCounter:
      return "counter";
    case SeriesKind::kGauge:
      return "gauge";
    case SeriesKind::kHistogram:
      return "histogram";
  }
  return "";
}

// Appends members and arrays of numbers to an object.
class Columns {
 public:
  explicit Columns(std::string& out) : out_(out) {}

  template <typename ValueAt>  // double(size_t step)
  void add(std::string_view name, size_t count, const ValueAt& value_at) {
    out_ += ',';
    base::append_json_string(out_, name);
    out_ += ":[";
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      append(static_cast<float>(value_at(i)));
    }
    out_ += ']';
  }

 private:
  void append(float value) {
    if (!std::isfinite(value)) {
      out_ += "null";
      return;
    }
    char text[base::kNumberBytesMax + base::kWriteSlackBytes];
    out_.append(text, base::write_float(text, value));
  }

  std::string& out_;
};

}  // namespace

bool History::is_due(int64_t now_unix_s) {
  const std::lock_guard lock(mutex_);
  if (now_unix_s / kIntervalS == sampled_unix_s_ / kIntervalS) return false;
  sampled_unix_s_ = now_unix_s;
  return true;
}

// --- adding ------------------------------------------------------------------------------------

void History::add(std::span<const HistoryPoint> points, int64_t now_unix_s) {
  const std::lock_guard lock(mutex_);
  const bool is_first = series_.empty();
  for (size_t tier = 0; tier < tiers_.size(); ++tier) move_on(tier, now_unix_s);
  std::vector<double> change;
  for (const HistoryPoint& point : points) {
    const size_t known = series_.size();
    Series* const series = find(point);
    if (series == nullptr) continue;
    change = point.values;
    if (point.kind != SeriesKind::kGauge) {
      const bool is_new = series_.size() > known;
      // What it had counted before anybody looked did not happen now.
      if (is_new && is_first) series->last = point.values;
      for (size_t i = 0; i < change.size(); ++i) {
        const double before = change[i] >= series->last[i] ? series->last[i] : 0;
        change[i] -= before;
      }
      series->last = point.values;
    }
    put(*series, change);
  }
}

// Empties the steps that were passed since the last sample.
void History::move_on(size_t tier, int64_t now_unix_s) {
  Tier& at = tiers_[tier];
  const int64_t next = now_unix_s / at.step_s;
  if (next <= at.current) return;  // also a clock that was set back: its samples go to the present
  const auto slots = static_cast<int64_t>(at.slots);
  const int64_t first = std::max(at.current + 1, next - slots + 1);
  for (Series& series : series_) {
    const size_t width = series.last.size();
    for (int64_t step = first; step <= next; ++step) {
      const auto begin = series.rings[tier].begin() + (step % slots) * static_cast<int64_t>(width);
      std::fill_n(begin, width, NAN);
    }
  }
  at.current = next;
}

// nullptr if there is no room for it.
History::Series* History::find(const HistoryPoint& point) {
  const std::string key = point.name + '\0' + point.group;
  const auto found = index_.find(key);
  if (found != index_.end()) {
    Series& series = series_[found->second];
    const bool is_same = series.kind == point.kind && series.bounds == point.bounds;
    return is_same && series.last.size() == point.values.size() ? &series : nullptr;
  }
  if (series_.size() >= kSeriesMax || cells_ + point.values.size() > kCellsMax) {
    ++left_out_;
    return nullptr;
  }
  Series series{point.name, point.group, point.kind, point.bounds, {}};
  series.last.assign(point.values.size(), 0);
  for (size_t tier = 0; tier < tiers_.size(); ++tier) {
    series.rings[tier].assign(tiers_[tier].slots * point.values.size(), NAN);
  }
  cells_ += point.values.size();
  index_.emplace(key, series_.size());
  series_.push_back(std::move(series));
  return &series_.back();
}

void History::put(Series& series, std::span<const double> values) {
  for (size_t tier = 0; tier < tiers_.size(); ++tier) {
    const size_t slot = static_cast<size_t>(tiers_[tier].current) % tiers_[tier].slots;
    float* const cells = &series.rings[tier][slot * values.size()];
    for (size_t i = 0; i < values.size(); ++i) {
      const auto value = static_cast<float>(values[i]);
      const bool replaces = series.kind == SeriesKind::kGauge || std::isnan(cells[i]);
      cells[i] = replaces ? value : cells[i] + value;
    }
  }
}

// --- showing -----------------------------------------------------------------------------------

// The finest resolution that reaches back so far, and its whole steps.
History::Window History::window(int64_t seconds) const {
  const auto reach_s = [&](size_t tier) {
    return tiers_[tier].step_s * static_cast<int64_t>(tiers_[tier].slots - 1);
  };
  Window window;
  while (window.tier + 1 < tiers_.size() && seconds > reach_s(window.tier)) ++window.tier;
  const Tier& tier = tiers_[window.tier];
  const auto steps_max = static_cast<int64_t>(tier.slots - 1);
  const int64_t end = std::max<int64_t>(tier.current, 0);  // what is being filled is not whole
  window.begin =
      std::max<int64_t>(end - std::clamp<int64_t>(seconds / tier.step_s, 1, steps_max), 0);
  window.count = static_cast<size_t>(end - window.begin);
  return window;
}

std::string History::json(int64_t seconds, int64_t now_unix_s) const {
  const std::lock_guard lock(mutex_);
  const Window shown = window(seconds);
  const int64_t step_s = tiers_[shown.tier].step_s;
  std::string out = "{\"now\":" + std::to_string(now_unix_s) +
                    ",\"step\":" + std::to_string(step_s) +
                    ",\"from\":" + std::to_string(shown.begin * step_s) + ",\"series\":[";
  for (const Series& series : series_) {
    if (out.back() != '[') out += ',';
    out += "{\"name\":";
    base::append_json_string(out, series.name);
    out += ",\"group\":";
    base::append_json_string(out, series.group);
    out += ",\"kind\":\"" + std::string(name_of(series.kind)) + '"';
    append_columns(series, shown, out);
    out += '}';
  }
  return out + "],\"left_out\":" + std::to_string(left_out_) + "}\n";
}

void History::append_columns(const Series& series, const Window& shown, std::string& out) const {
  const Tier& tier = tiers_[shown.tier];
  const auto step_s = static_cast<double>(tier.step_s);
  const size_t width = series.last.size();
  const auto cells_at = [&](size_t i) {
    const size_t slot = (static_cast<size_t>(shown.begin) + i) % tier.slots;
    return std::span(series.rings[shown.tier]).subspan(slot * width, width);
  };
  Columns columns(out);
  if (series.kind == SeriesKind::kGauge) {
    columns.add("value", shown.count, [&](size_t i) { return cells_at(i)[0]; });
    return;
  }
  if (series.kind == SeriesKind::kCounter) {
    columns.add("rate", shown.count, [&](size_t i) { return cells_at(i)[0] / step_s; });
    return;
  }
  std::vector<double> buckets(width - 1);
  const auto count_of = [&](size_t i) {
    std::copy_n(cells_at(i).begin(), buckets.size(), buckets.begin());
    return std::accumulate(buckets.begin(), buckets.end(), 0.0);
  };
  columns.add("rate", shown.count, [&](size_t i) { return count_of(i) / step_s; });
  columns.add("mean", shown.count, [&](size_t i) { return cells_at(i).back() / count_of(i); });
  constexpr std::array<std::pair<const char*, double>, 4> kQuantiles = {
      {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}}};
  for (const auto& [name, share] : kQuantiles) {
    columns.add(name, shown.count, [&, share = share](size_t i) {
      (void)count_of(i);
      return histogram_quantile(share, series.bounds, buckets);
    });
  }
}

}  // namespace sawlog::agent
