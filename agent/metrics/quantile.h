// Quantiles of a histogram, as histogram_quantile() of Prometheus makes them.
#pragma once

#include <span>

namespace sawlog::agent {

// The value below which a share (0 … 1) of all values lies: linear within a bucket, the highest
// bound for what lies above it. buckets: how many values fell into each, one more than bounds. NaN
// without values.
[[nodiscard]] double histogram_quantile(double share, std::span<const double> bounds,
                                        std::span<const double> buckets);

}  // namespace sawlog::agent
