// The last hours, in memory, for the dashboards: some hundred series at resolutions that fall with
// their age.
//
//   step     reach
//   5 s      15 minutes
//   1 min    6 hours
//   10 min   3 days
//
// A counter's step holds by how much it rose, a gauge's the last value, a histogram's how many
// values fell into each bucket and their sum.
//
// Invariants:
//   * every increase of a counter stands once in each resolution, whatever its steps: rates and
//     quantiles are right in all of them;
//   * a step without a sample is empty, not zero;
//   * at most kSeriesMax series and kCellsMax numbers for a step are kept, about 8 MiB in all; a
//     series beyond that is left out, and counted.
// Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sawlog::agent {

enum class SeriesKind : uint8_t { kCounter, kGauge, kHistogram };

// One series at one moment. group: what tells it apart from the others of its name, "" if it is
// the only one.
struct HistoryPoint {
  std::string name;
  std::string group;
  SeriesKind kind = SeriesKind::kGauge;
  // One value; of a histogram the number of values in each bucket, one more than bounds, and the
  // sum of all values.
  std::vector<double> values;
  std::vector<double> bounds;
};

class History {
 public:
  static constexpr size_t kSeriesMax = 1000;
  static constexpr size_t kCellsMax = 2000;
  static constexpr int64_t kIntervalS = 5;  // between two samples

  // Whether the last sample is old enough for another. False again until then.
  [[nodiscard]] bool is_due(int64_t now_unix_s);
  // What counted since the process started, at this moment. A counter that is new since the first
  // sample began at zero.
  void add(std::span<const HistoryPoint> points, int64_t now_unix_s);
  // The last seconds in the finest resolution that reaches so far:
  //
  //   {"now":…, "step":…, "from":…, "series":[
  //     {"name":…, "group":…, "kind":"counter", "rate":[per second, …]},
  //     {…, "kind":"gauge", "value":[…]},
  //     {…, "kind":"histogram", "rate":[…], "mean":[…], "p50":[…], "p90":[…], "p95":[…], "p99":[…]}
  //   ], "left_out":…}
  //
  // The arrays have a number or null for each whole step since "from".
  [[nodiscard]] std::string json(int64_t seconds, int64_t now_unix_s) const;

 private:
  struct Tier {
    int64_t step_s = 0;
    size_t slots = 0;      // the one that is being filled, too
    int64_t current = -1;  // the number of the step, since 1970, that is being filled
  };
  struct Series {
    std::string name;
    std::string group;
    SeriesKind kind = SeriesKind::kGauge;
    std::vector<double> bounds;
    std::vector<double> last;                      // as given; of counters and histograms
    std::array<std::vector<float>, 3> rings = {};  // by tier: slots × values
  };

  // Whole steps of one resolution, by their numbers since 1970.
  struct Window {
    size_t tier = 0;
    int64_t begin = 0;
    size_t count = 0;
  };

  void move_on(size_t tier, int64_t now_unix_s);
  Series* find(const HistoryPoint& point);
  void put(Series& series, std::span<const double> values);
  [[nodiscard]] Window window(int64_t seconds) const;
  void append_columns(const Series& series, const Window& shown, std::string& out) const;

  mutable std::mutex mutex_;
  std::array<Tier, 3> tiers_{{{5, 181}, {60, 361}, {600, 433}}};
  std::vector<Series> series_;
  std::unordered_map<std::string, size_t> index_;
  size_t cells_ = 0;
  uint64_t left_out_ = 0;
  int64_t sampled_unix_s_ = INT64_MIN;
};

}  // namespace sawlog::agent
