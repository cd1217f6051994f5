// Finds a series by its label key: a flat table of hashes, open addressing, no allocation when a
// series is found. Series are numbered from 0 in the order they came; none is ever removed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "agent/metrics/metric_snapshot.h"

namespace sawlog::agent {

class SeriesTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  SeriesTable();
  [[nodiscard]] uint32_t find(std::string_view key) const {
    const uint64_t hash = hash_of(key);
    const size_t mask = slots_.size() - 1;
    for (size_t at = hash & mask; slots_[at].index != kNone; at = (at + 1) & mask) {
      if (slots_[at].hash == hash && keys_.keys[slots_[at].index] == key) return slots_[at].index;
    }
    return kNone;
  }
  // The key must not be there.
  uint32_t insert(std::string_view key);
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(keys_.keys.size()); }
  // Stays where it is; kKeySlackBytes are readable behind it.
  static constexpr size_t kKeySlackBytes = 32;
  [[nodiscard]] std::string_view key(uint32_t index) const { return keys_.keys[index]; }
  // For snapshots: the keys as they are now.
  [[nodiscard]] std::shared_ptr<const SeriesKeys> shared_keys() const;
  [[nodiscard]] size_t memory_bytes() const;

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t index = kNone;
  };
  [[nodiscard]] static uint64_t hash_of(std::string_view key);
  void grow();
  void place(uint64_t hash, uint32_t index);
  std::string_view store(std::string_view key);

  std::vector<Slot> slots_;  // a power of two, at most half full
  SeriesKeys keys_;
  std::shared_ptr<char[]> block_;
  size_t block_used_ = 0;
  mutable std::shared_ptr<const SeriesKeys> shared_;  // of the last call, while nothing was added
};

}  // namespace sawlog::agent
