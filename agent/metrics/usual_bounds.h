// The upper bounds of a histogram's buckets where nobody chose some.
#pragma once

#include <vector>

#include "config/config.h"

namespace sawlog::agent {

[[nodiscard]] inline std::vector<double> usual_bounds(config::MetricUnit unit) {
  switch (unit) {
    case config::MetricUnit::kSeconds:
      return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    case config::MetricUnit::kBytes:
      return {256, 1024, 4096, 16'384, 65'536, 262'144, 1'048'576, 4'194'304, 16'777'216};
    case config::MetricUnit::kNone:
      return {1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1'000};
  }
  return {};
}

}  // namespace sawlog::agent
