#include "agent/metrics/series_memo.h"

#include <algorithm>
#include <bit>

namespace sawlog::agent {

void SeriesMemo::note(uint32_t series, std::string_view key, size_t series_count) {
  constexpr size_t kPlacesMin = 256;
  constexpr size_t kPlacesMax = 1u << 16;
  if (!is_short_) return;
  const size_t wanted = std::clamp(std::bit_ceil(4 * series_count), kPlacesMin, kPlacesMax);
  if (places_.size() < wanted) places_.assign(wanted, Place{});
  if (has_values(key.data())) places_[place_of()] = {key.data(), tag(), series};
}

}  // namespace sawlog::agent
