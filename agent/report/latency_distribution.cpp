#include "agent/report/latency_distribution.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sawlog::agent {

// Octave 0 holds 0 … 127 exactly, octave n the values of n + 7 bits, by their first eight bits.
void LatencyDistribution::add(int64_t duration_ns) {
  const auto value = static_cast<uint64_t>(std::max<int64_t>(duration_ns, 0));
  const auto bits = static_cast<size_t>(std::bit_width(value));
  const size_t octave = bits > kBucketBits ? bits - kBucketBits : 0;
  const size_t shift = octave == 0 ? 0 : octave - 1;
  auto& buckets = octaves_[octave];
  if (buckets == nullptr) buckets = std::make_unique<Octave>();
  ++(*buckets)[(value >> shift) & (kBuckets - 1)];
  ++count_;
  max_ns_ = std::max(max_ns_, static_cast<int64_t>(value));
  sum_ns_ += static_cast<double>(value);
}

void LatencyDistribution::merge(const LatencyDistribution& other) {
  for (size_t octave = 0; octave < kOctaves; ++octave) {
    if (other.octaves_[octave] == nullptr) continue;
    if (octaves_[octave] == nullptr) octaves_[octave] = std::make_unique<Octave>();
    for (size_t i = 0; i < kBuckets; ++i) (*octaves_[octave])[i] += (*other.octaves_[octave])[i];
  }
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
}

int64_t LatencyDistribution::quantile_ns(double share) const {
  const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t octave = 0; octave < kOctaves; ++octave) {
    if (octaves_[octave] == nullptr) continue;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += (*octaves_[octave])[i];
      if (seen < std::max<uint64_t>(rank, 1)) continue;
      if (octave == 0) return static_cast<int64_t>(i);
      const size_t shift = octave - 1;
      const uint64_t middle = shift == 0 ? 0 : uint64_t{1} << (shift - 1);
      return std::min(max_ns_, static_cast<int64_t>(((kBuckets + i) << shift) + middle));
    }
  }
  return 0;
}

}  // namespace sawlog::agent
