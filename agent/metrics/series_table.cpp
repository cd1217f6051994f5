#include "agent/metrics/series_table.h"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/base/check.h"

namespace sawlog::agent {
namespace {

constexpr size_t kSlotsMin = 64;
constexpr size_t kBlockBytes = 16u << 10;  // more than the longest key

}  // namespace

SeriesTable::SeriesTable() : slots_(kSlotsMin) {}

uint64_t SeriesTable::hash_of(std::string_view key) {
  return XXH3_64bits(key.data(), key.size());
}

uint32_t SeriesTable::insert(std::string_view key) {
  if (2 * (keys_.keys.size() + 1) > slots_.size()) grow();
  const uint32_t index = size();
  keys_.keys.push_back(store(key));
  place(hash_of(key), index);
  shared_.reset();
  return index;
}

void SeriesTable::place(uint64_t hash, uint32_t index) {
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at].index != kNone) at = (at + 1) & mask;
  slots_[at] = {hash, index};
}

void SeriesTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.index != kNone) place(slot.hash, slot.index);
  }
}

std::string_view SeriesTable::store(std::string_view key) {
  CHECK(key.size() + kKeySlackBytes <= kBlockBytes);
  if (block_ == nullptr || block_used_ + key.size() + kKeySlackBytes > kBlockBytes) {
    block_ = std::shared_ptr<char[]>(new char[kBlockBytes]);
    block_used_ = 0;
    keys_.blocks.push_back(block_);
  }
  char* const at = block_.get() + block_used_;
  if (!key.empty()) std::memcpy(at, key.data(), key.size());
  block_used_ += key.size();
  return {at, key.size()};
}

std::shared_ptr<const SeriesKeys> SeriesTable::shared_keys() const {
  if (shared_ == nullptr) shared_ = std::make_shared<const SeriesKeys>(keys_);
  return shared_;
}

size_t SeriesTable::memory_bytes() const {
  return slots_.capacity() * sizeof(Slot) + keys_.blocks.size() * kBlockBytes +
         2 * keys_.keys.capacity() * sizeof(std::string_view);
}

}  // namespace sawlog::agent
