// What has started and not ended, of one gauge: a flat table by the id of the start, so that
// nothing is allocated for a record. What changed since the last save is known by its keys.
// Single-threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sawlog::agent {

// Of a start: 128 bits of hash over its id and the event that ends it.
struct OpenKey {
  uint64_t low = 0;
  uint64_t high = 0;
  auto operator<=>(const OpenKey&) const = default;
};

struct OpenStart {
  OpenKey key;
  uint32_t series = 0;
  int64_t time_unix_ns = 0;
};

class OpenStarts {
 public:
  static constexpr size_t kCountMax = 50'000;

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] const OpenStart* find(const OpenKey& key) const;
  // A start of the same key is replaced. False: kCountMax are open.
  bool insert(const OpenStart& start);
  // What was removed.
  std::optional<OpenStart> remove(const OpenKey& key);

  // The earliest time of a start; INT64_MAX if nothing is open. May be too early after remove().
  [[nodiscard]] int64_t earliest_unix_ns() const { return earliest_unix_ns_; }
  // The starts before the time, in no order.
  [[nodiscard]] std::vector<OpenStart> before(int64_t unix_ns);

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.is_taken) visit(slot.start);
    }
  }
  // Keys that were inserted or removed since forget_changes(), each once, in order.
  [[nodiscard]] const std::vector<OpenKey>& changes();
  [[nodiscard]] bool has_changes() const { return !changes_.empty(); }
  void forget_changes() { changes_.clear(); }
  [[nodiscard]] size_t memory_bytes() const {
    return slots_.capacity() * sizeof(Slot) + changes_.capacity() * sizeof(OpenKey);
  }

 private:
  struct Slot {
    OpenStart start;
    bool is_taken = false;
  };
  [[nodiscard]] size_t slot_of(const OpenKey& key) const;
  void grow();

  std::vector<Slot> slots_;  // a power of two, at most half full; empty until the first start
  size_t size_ = 0;
  int64_t earliest_unix_ns_ = INT64_MAX;
  std::vector<OpenKey> changes_;
};

}  // namespace sawlog::agent
