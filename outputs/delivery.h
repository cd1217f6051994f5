// The duty to answer for some lines of one file.
//
// The consumer makes a Delivery for each chunk it hands to an output. Whoever holds it must end it:
// settle() when every line of it has been acknowledged by the destination or durably set aside.
// The cursor of the file moves only over settled lines, in the file's order, whatever the order of
// the answers. A Delivery that is destroyed unsettled (forgotten path, crash of a request,
// shutdown) means "unknown": the lines are read and given again. So a bug here can repeat a line,
// never lose one.
//
// A Delivery is a whole chunk and is never split: cursors stand only at the ends of chunks, where
// the hash before the cursor is known without reading the file again. A batch therefore takes whole
// chunks (its size limit is looked at after each one; a chunk is some 256 KiB), and an output that
// sends a part of a chunk again keeps the Delivery until the last of its lines is done.
//
// Invariants: begin < end; lines are counted once: delivered + dead_lettered + filtered ==
// line_count, CHECKed by settle(). Single-threaded: only on the consumer's thread.
#pragma once

#include <cstdint>
#include <utility>

#include "lib/base/file_id.h"

namespace sawlog::outputs {

// A run of whole lines of one file: decompressed byte offsets, end is exclusive.
struct LineRange {
  base::FileId file;
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t line_count = 0;
};

// What became of the lines of a range.
struct Outcome {
  uint64_t delivered = 0;
  uint64_t dead_lettered = 0;
  uint64_t filtered = 0;
};

// The consumer's side.
class DeliverySink {
 public:
  virtual ~DeliverySink() = default;
  virtual void settled(const LineRange& range, const Outcome& outcome) = 0;
  virtual void unknown(const LineRange& range) = 0;
};

class Delivery {
 public:
  Delivery() = default;
  Delivery(DeliverySink* sink, const LineRange& range) : sink_(sink), range_(range) {}
  Delivery(Delivery&& other) noexcept
      : sink_(std::exchange(other.sink_, nullptr)), range_(other.range_) {}
  Delivery& operator=(Delivery&& other) noexcept;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  ~Delivery();

  [[nodiscard]] const LineRange& range() const { return range_; }
  [[nodiscard]] bool is_open() const { return sink_ != nullptr; }

  void settle(const Outcome& outcome) &&;

 private:
  DeliverySink* sink_ = nullptr;
  LineRange range_;
};

}  // namespace sawlog::outputs
