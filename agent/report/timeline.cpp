#include "agent/report/timeline.h"

#include <algorithm>

namespace sawlog::agent {

namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

int64_t floor_seconds(int64_t unix_ns) {
  const int64_t seconds = unix_ns / kNsPerSecond;
  return unix_ns % kNsPerSecond < 0 ? seconds - 1 : seconds;
}

}  // namespace

void Timeline::Slot::add(const Slot& other) {
  count += other.count;
  failed += other.failed;
  timed += other.timed;
  duration_ns += other.duration_ns;
}

void Timeline::add(int64_t unix_ns, const Slot& what) {
  const int64_t second = floor_seconds(unix_ns);
  // >> of a negative number rounds down, as slots before 1970 want it.
  int64_t slot = second >> width_bits_;
  if (slots_.empty() || slot < first_ || slot - first_ >= static_cast<int64_t>(slots_.size())) {
    make_room(second, second);
    slot = second >> width_bits_;
  }
  slots_[static_cast<size_t>(slot - first_)].add(what);
}

void Timeline::merge(const Timeline& other) {
  if (other.is_empty()) return;
  const int64_t end =
      other.begin_unix_s() + static_cast<int64_t>(other.slots_.size()) * other.width_s();
  while (width_bits_ < other.width_bits_) widen();
  make_room(other.begin_unix_s(), end - 1);
  for (size_t i = 0; i < other.slots_.size(); ++i) {
    const int64_t second = other.begin_unix_s() + static_cast<int64_t>(i) * other.width_s();
    slots_[static_cast<size_t>((second >> width_bits_) - first_)].add(other.slots_[i]);
  }
}

// Slots for these seconds, too, wider ones if there would be too many.
void Timeline::make_room(int64_t second_first, int64_t second_last) {
  for (;; widen()) {
    int64_t first = second_first >> width_bits_;
    int64_t last = second_last >> width_bits_;
    if (!slots_.empty()) {
      first = std::min(first, first_);
      last = std::max(last, first_ + static_cast<int64_t>(slots_.size()) - 1);
    }
    if (last - first >= static_cast<int64_t>(kSlotsMax)) continue;
    if (slots_.empty()) first_ = first;
    slots_.insert(slots_.begin(), static_cast<size_t>(first_ - first), Slot{});
    slots_.resize(static_cast<size_t>(last - first + 1));
    first_ = first;
    return;
  }
}

void Timeline::widen() {
  std::vector<Slot> wider;
  const int64_t first = first_ >> 1;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const auto place = static_cast<size_t>(((first_ + static_cast<int64_t>(i)) >> 1) - first);
    if (place == wider.size()) wider.emplace_back();
    wider[place].add(slots_[i]);
  }
  slots_ = std::move(wider);
  first_ = first;
  ++width_bits_;
}

Timeline::Slot Timeline::sum(int64_t begin_unix_s, int64_t end_unix_s) const {
  Slot sum;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const int64_t begin = this->begin_unix_s() + static_cast<int64_t>(i) * width_s();
    if (begin >= begin_unix_s && begin < end_unix_s) sum.add(slots_[i]);
  }
  return sum;
}

std::vector<Timeline::Slot> Timeline::resampled(int64_t begin_unix_s, int64_t width_s,
                                                size_t slot_count) const {
  std::vector<Slot> slots(slot_count);
  for (size_t i = 0; i < slot_count; ++i) {
    const int64_t begin = begin_unix_s + static_cast<int64_t>(i) * width_s;
    slots[i] = sum(begin, begin + width_s);
  }
  return slots;
}

}  // namespace sawlog::agent
