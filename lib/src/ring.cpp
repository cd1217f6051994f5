#include "lib/src/ring.h"

#include <algorithm>

#include "lib/base/check.h"

namespace sawlog {

Ring::Ring(size_t capacity_bytes, bool uses_counter)
    : capacity_(capacity_bytes),
      uses_counter_(uses_counter),
      // Not initialised: pages that are never reached are never there.
      bytes_(new char[capacity_bytes]) {
  CHECK(capacity_bytes >= 4096 && (capacity_bytes & (capacity_bytes - 1)) == 0);
}

char* Ring::reserve_at_a_limit(size_t size_bytes) {
  const size_t place = next_write_ & (capacity_ - 1);
  const size_t until_end = capacity_ - place;
  const size_t padding = size_bytes <= until_end ? 0 : until_end;
  const uint64_t end = next_write_ + padding + size_bytes;
  if (end > look_at_) {
    seen_read_ = read_position_.load(std::memory_order_acquire);
    wants_reader = end - seen_read_ > capacity_ / 2;
    if (end - seen_read_ > capacity_) return nullptr;
    look_at_ =
        std::min(std::max(seen_read_ + capacity_ / 2, end + capacity_ / 8), seen_read_ + capacity_);
  }
  if (padding == 0) return bytes_.get() + place;
  write_padding(bytes_.get() + place, padding);
  next_write_ += padding;
  return bytes_.get();
}

bool Ring::begin_read() {
  read_begin_ = next_read_;
  read_end_ = write_position_.load(std::memory_order_acquire);
  return read_begin_ != read_end_;
}

const char* Ring::front() {
  while (next_read_ != read_end_) {
    const char* const record = bytes_.get() + (next_read_ & (capacity_ - 1));
    const RecordStart start = read_start(record);
    if (start.type != RecordType::kPadding) return record;
    next_read_ += start.size_bytes;
  }
  return nullptr;
}

void Ring::reset() {
  write_position_.store(0, std::memory_order_relaxed);
  read_position_.store(0, std::memory_order_relaxed);
  dropped_.store(0, std::memory_order_relaxed);
  next_write_ = seen_read_ = look_at_ = next_read_ = read_begin_ = read_end_ = 0;
  dropped_reported = 0;
  stalled_at_ = UINT64_MAX;
  is_busy = wants_reader = false;
  is_abandoned.store(false, std::memory_order_relaxed);
  attention.store(false, std::memory_order_relaxed);
}

}  // namespace sawlog
