#include "agent/metrics/quantile.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sawlog::agent {

double histogram_quantile(double share, std::span<const double> bounds,
                          std::span<const double> buckets) {
  const double rank = share * std::accumulate(buckets.begin(), buckets.end(), 0.0);
  if (!(rank > 0)) return NAN;
  double below = 0;
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (below + buckets[i] >= rank) {
      const double low = i > 0 ? bounds[i - 1] : std::min(0.0, bounds[0]);
      return low + (bounds[i] - low) * (rank - below) / buckets[i];
    }
    below += buckets[i];
  }
  return bounds.empty() ? NAN : bounds.back();
}

}  // namespace sawlog::agent
