#include "agent/metrics/open_starts.h"

#include <algorithm>

namespace sawlog::agent {
namespace {

constexpr size_t kSlotsMin = 64;

}  // namespace

// Where the key is, or would be put.
size_t OpenStarts::slot_of(const OpenKey& key) const {
  const size_t mask = slots_.size() - 1;
  size_t at = key.low & mask;
  while (slots_[at].is_taken && slots_[at].start.key != key) at = (at + 1) & mask;
  return at;
}

const OpenStart* OpenStarts::find(const OpenKey& key) const {
  if (size_ == 0) return nullptr;
  const Slot& slot = slots_[slot_of(key)];
  return slot.is_taken ? &slot.start : nullptr;
}

bool OpenStarts::insert(const OpenStart& start) {
  if (2 * (size_ + 1) > slots_.size()) grow();
  Slot& slot = slots_[slot_of(start.key)];
  if (!slot.is_taken) {
    if (size_ == kCountMax) return false;
    ++size_;
  }
  slot = {start, true};
  earliest_unix_ns_ = std::min(earliest_unix_ns_, start.time_unix_ns);
  changes_.push_back(start.key);
  return true;
}

void OpenStarts::grow() {
  std::vector<Slot> old(std::max(kSlotsMin, 2 * slots_.size()));
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.is_taken) slots_[slot_of(slot.start.key)] = slot;
  }
}

// What stands behind a freed slot moves up, so that it is found without a mark in between.
std::optional<OpenStart> OpenStarts::remove(const OpenKey& key) {
  if (size_ == 0) return std::nullopt;
  const size_t mask = slots_.size() - 1;
  size_t hole = slot_of(key);
  if (!slots_[hole].is_taken) return std::nullopt;
  const OpenStart removed = slots_[hole].start;
  for (size_t at = (hole + 1) & mask; slots_[at].is_taken; at = (at + 1) & mask) {
    const size_t home = slots_[at].start.key.low & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole].is_taken = false;
  --size_;
  if (size_ == 0) earliest_unix_ns_ = INT64_MAX;
  changes_.push_back(key);
  return removed;
}

std::vector<OpenStart> OpenStarts::before(int64_t unix_ns) {
  std::vector<OpenStart> found;
  if (earliest_unix_ns_ >= unix_ns) return found;
  earliest_unix_ns_ = INT64_MAX;
  for_each([&](const OpenStart& start) {
    if (start.time_unix_ns < unix_ns) {
      found.push_back(start);
    } else {
      earliest_unix_ns_ = std::min(earliest_unix_ns_, start.time_unix_ns);
    }
  });
  return found;
}

const std::vector<OpenKey>& OpenStarts::changes() {
  std::ranges::sort(changes_);
  changes_.erase(std::ranges::unique(changes_).begin(), changes_.end());
  return changes_;
}

}  // namespace sawlog::agent
