// The queue between one thread that logs and the consumer: a ring of bytes that holds whole
// records, each contiguous and a multiple of 8 bytes long.
//
// Invariant: read_position <= write_position <= read_position + capacity; positions only grow, a
// position's place is its value modulo the capacity. Whoever holds the runtime's drain lock is the
// reader.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/src/record.h"

namespace sawlog {

constexpr size_t kCacheLineBytes = 64;

class Ring {
 public:
  // capacity_bytes: a power of two, at least 4 KiB.
  Ring(size_t capacity_bytes, bool uses_counter);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // ---- the thread that logs ----

  // Where the next record goes; null if there is no room. size_bytes: a multiple of 8, at most
  // record_bytes_max(). Nothing is visible before publish().
  [[nodiscard]] char* reserve(size_t size_bytes) {
    const size_t place = next_write_ & (capacity_ - 1);
    if (next_write_ + size_bytes <= look_at_ && place + size_bytes <= capacity_) [[likely]] {
      return bytes_.get() + place;
    }
    return reserve_at_a_limit(size_bytes);
  }
  void publish(size_t size_bytes) {
    next_write_ += size_bytes;
    write_position_.store(next_write_, std::memory_order_release);
    const char* const next = bytes_.get() + (next_write_ & (capacity_ - 1));
    for (int i = 4; i < 8; ++i) __builtin_prefetch(next + 64 * i, 1);
  }
  // A longer record would not surely fit after the end of the ring was padded.
  [[nodiscard]] size_t record_bytes_max() const { return capacity_ / 4; }
  [[nodiscard]] size_t capacity_bytes() const { return capacity_; }
  [[nodiscard]] bool uses_counter() const { return uses_counter_; }
  void count_dropped() {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  // A wait for room was in vain, and nothing was read since: a second one would be, too.
  [[nodiscard]] bool is_stalled() const {
    return stalled_at_ == read_position_.load(std::memory_order_relaxed);
  }
  void set_stalled() { stalled_at_ = read_position_.load(std::memory_order_relaxed); }

  // Only of the thread that logs: in a signal handler a call may meet itself.
  bool is_busy = false;
  // reserve() found more than half of the ring unread: the reader should be woken.
  bool wants_reader = false;
  // The thread must look what the runtime wants (after a fork, at the end of the program).
  std::atomic<bool> attention{false};
  // Set when the thread has ended; nothing is written any more.
  std::atomic<bool> is_abandoned{false};

  // ---- the reader ----

  // Looks how far it may read now. False: nothing new.
  bool begin_read();
  // The record in front; null at the end that begin_read() saw.
  [[nodiscard]] const char* front();
  void pop(size_t size_bytes) { next_read_ += size_bytes; }
  // Gives the room of what was popped back to the thread.
  void commit_read() { read_position_.store(next_read_, std::memory_order_release); }
  [[nodiscard]] size_t uncommitted_bytes() const {
    return next_read_ - read_position_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_empty() const {
    return next_read_ == write_position_.load(std::memory_order_acquire);
  }
  // How much there was to read when begin_read() was called last, 0 to 1.
  [[nodiscard]] double fill() const {
    return static_cast<double>(read_end_ - read_begin_) / static_cast<double>(capacity_);
  }
  [[nodiscard]] uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  // For a ring without a thread (after its end, or in a forked child): as new.
  void reset();

  // The reader's: how much of dropped() was reported.
  uint64_t dropped_reported = 0;

 private:
  // reserve() where the ring ends, or where the reader's position must be looked at.
  [[nodiscard]] char* reserve_at_a_limit(size_t size_bytes);

  const size_t capacity_;
  const bool uses_counter_;
  const std::unique_ptr<char[]> bytes_;

  // Each side's positions on a cache line of their own.
  alignas(kCacheLineBytes) std::atomic<uint64_t> write_position_{0};
  uint64_t next_write_ = 0;
  uint64_t seen_read_ = 0;  // the last read_position_ that the writer looked at
  uint64_t look_at_ = 0;    // behind this position it looks again
  uint64_t stalled_at_ = UINT64_MAX;
  std::atomic<uint64_t> dropped_{0};

  alignas(kCacheLineBytes) std::atomic<uint64_t> read_position_{0};
  uint64_t next_read_ = 0;
  uint64_t read_begin_ = 0;
  uint64_t read_end_ = 0;
};

}  // namespace sawlog
