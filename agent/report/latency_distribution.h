// How long things took: counted in buckets, so that any number of durations has quantiles in a few
// kilobytes. Every power of two has 128 buckets: a quantile is at most 0.4 % off; count, sum and
// maximum are exact. Merging gives the same whatever the order.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace sawlog::agent {

class LatencyDistribution {
 public:
  // A duration below 0 (a clock that was set back) counts as 0.
  void add(int64_t duration_ns);
  void merge(const LatencyDistribution& other);

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] int64_t max_ns() const { return max_ns_; }
  [[nodiscard]] double sum_ns() const { return sum_ns_; }
  [[nodiscard]] double mean_ns() const {
    return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_);
  }
  // The duration that a share (0 … 1) of all does not exceed, by nearest rank; 0 if there are none.
  [[nodiscard]] int64_t quantile_ns(double share) const;

 private:
  static constexpr size_t kBucketBits = 7;
  static constexpr size_t kBuckets = size_t{1} << kBucketBits;
  static constexpr size_t kOctaves = 64 - kBucketBits;
  using Octave = std::array<uint64_t, kBuckets>;

  std::array<std::unique_ptr<Octave>, kOctaves> octaves_;  // null: nothing is in it
  uint64_t count_ = 0;
  int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace sawlog::agent
