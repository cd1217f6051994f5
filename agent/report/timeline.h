// What happened when: counts in at most 128 slots of equal width. When the times grow apart, the
// slots are made twice as wide. Slots lie on multiples of their width since 1970 and widths are
// powers of two, so that two timelines merge exactly and in any order.
#pragma once

#include <cstdint>
#include <vector>

namespace sawlog::agent {

class Timeline {
 public:
  static constexpr size_t kSlotsMax = 128;
  struct Slot {
    uint64_t count = 0;
    uint64_t failed = 0;
    uint64_t timed = 0;      // those that had a duration
    double duration_ns = 0;  // the sum of these
    void add(const Slot& other);
  };

  void add(int64_t unix_ns, const Slot& what);
  void merge(const Timeline& other);

  [[nodiscard]] bool is_empty() const { return slots_.empty(); }
  [[nodiscard]] int64_t width_s() const { return int64_t{1} << width_bits_; }
  [[nodiscard]] int64_t begin_unix_s() const { return first_ * width_s(); }  // of slots()[0]
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  // The slots that begin in [begin, end), together.
  [[nodiscard]] Slot sum(int64_t begin_unix_s, int64_t end_unix_s) const;
  // The same counts in slots of this width (at least the present one), the first at begin.
  [[nodiscard]] std::vector<Slot> resampled(int64_t begin_unix_s, int64_t width_s,
                                            size_t slot_count) const;

 private:
  void make_room(int64_t second_first, int64_t second_last);
  void widen();

  unsigned width_bits_ = 0;  // slots are 2^this seconds wide
  int64_t first_ = 0;        // number of slots_[0]: its begin / width
  std::vector<Slot> slots_;
};

}  // namespace sawlog::agent
