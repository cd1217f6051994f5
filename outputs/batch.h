// Framed lines on their way to one destination, and the deliveries that they belong to.
//
// A frame is what the destination's request holds for one line, ready to be sent (for Elasticsearch
// action and document, for Loki an encoded entry). Frames stand back to back in bytes(), in the
// order in which the lines were given.
//
// A delivery is a whole chunk, a batch any run of lines: a chunk may lie in two batches, and a
// batch may be taken apart (a part is retried, halved, refused). So the lines of a chunk share an
// OpenDelivery that settles when the last of them is done; lines that are forgotten leave it
// unsettled, which means unknown and is read again.
//
// Single-threaded: only on the consumer's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "outputs/delivery.h"
#include "outputs/output_options.h"

namespace sawlog::outputs {

class OpenDelivery {
 public:
  OpenDelivery(Delivery delivery, std::string_view file_path)
      : delivery_(std::move(delivery)), file_path_(file_path) {}
  [[nodiscard]] const std::string& file_path() const { return file_path_; }
  [[nodiscard]] const base::FileId& file() const { return delivery_.range().file; }
  void add(const Outcome& lines);

 private:
  Delivery delivery_;
  std::string file_path_;
  Outcome outcome_;
};

struct FramedLine {
  uint32_t end = 0;  // of the frame in Batch::bytes(); it begins where the one before ends
  uint32_t payload_begin = 0;  // of the shipped line, from the beginning of the frame
  uint32_t payload_size = 0;
  uint32_t record_id_begin = 0;  // of its text, from the beginning of the frame; 0: not in it
  uint32_t group = 0;            // index into Batch::groups(): Loki's stream
  uint32_t delivery = 0;         // index into the batch's deliveries
  uint64_t offset = 0;           // of the line in its file
  int64_t time_unix_ns = 0;
};

class Batch {
 public:
  [[nodiscard]] bool is_empty() const { return lines_.empty(); }
  [[nodiscard]] uint32_t line_count() const { return static_cast<uint32_t>(lines_.size()); }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] const FramedLine& line(uint32_t index) const { return lines_[index]; }
  [[nodiscard]] std::string_view frame(uint32_t index) const;
  [[nodiscard]] std::string_view payload(uint32_t index) const;
  [[nodiscard]] std::string_view record_id(uint32_t index) const;  // "" when the frame has none
  [[nodiscard]] const OpenDelivery& delivery_of(uint32_t index) const;
  [[nodiscard]] const std::vector<std::string>& groups() const { return groups_; }
  [[nodiscard]] size_t memory_bytes() const;

  // A batch of these lines only (rising indices): their frames are copied, their deliveries shared.
  [[nodiscard]] Batch subset(std::span<const uint32_t> lines) const;
  // In each all lines of one group; in the order of the groups.
  [[nodiscard]] std::vector<Batch> one_for_each_group() const;
  // Two halves by bytes, each with at least one line. Needs two lines or more.
  [[nodiscard]] std::pair<Batch, Batch> halves() const;

  // What became of all lines.
  void settle_delivered() const;
  void settle_dead_lettered() const;
  // Of all but these (rising indices).
  void settle_delivered_except(std::span<const uint32_t> lines) const;

  // For a destination that takes the frames as they are: bytes() is empty until they are given
  // back.
  [[nodiscard]] std::string lend_bytes();
  void give_back(std::string bytes);
  [[nodiscard]] bool is_lent() const { return is_lent_; }

  uint64_t attempts = 0;  // requests that failed with these lines, in a row

  // What http_sender.h and its destination know about where the lines are; a part of the batch
  // knows the same.
  bool may_be_there = false;         // they were sent, or may have been before a crash, and nobody
                                     // answered: to be looked for before they are sent (again)
  uint64_t first_sent = kNeverSent;  // the destination's mark of when they were sent first
  // Where they are still to be looked for, the next place last; empty until the destination said.
  std::optional<std::vector<std::string>> places{};
  static constexpr uint64_t kNeverSent = UINT64_MAX;

 private:
  friend class BatchBuilder;
  std::string bytes_;
  bool is_lent_ = false;
  std::vector<FramedLine> lines_;
  std::vector<std::shared_ptr<OpenDelivery>> deliveries_;  // shared: see above
  std::vector<std::string> groups_;
};

// Collects frames until a batch is full or old enough.
//
//   builder.begin_chunk(std::move(delivery), chunk.path);
//   for each line: append the frame to builder.bytes(); builder.end_line({…});
//   builder.end_chunk();
class BatchBuilder {
 public:
  explicit BatchBuilder(const BatchOptions& options);

  void begin_chunk(Delivery delivery, std::string_view file_path, int64_t now_monotonic_ns);
  // The chunk's lines may have been sent before a crash.
  void mark_chunk_as_repeat() { chunk_is_repeat_ = true; }
  [[nodiscard]] std::string& bytes() { return batch_.bytes_; }
  // The index of a group in the batch that the next line goes to; valid while batch_number() stays.
  [[nodiscard]] uint32_t add_group(std::string_view name);
  [[nodiscard]] uint64_t batch_number() const { return batch_number_; }
  // The frame is what was appended to bytes() since the last call. end and delivery are filled in;
  // payload_begin is from the frame's beginning.
  void end_line(FramedLine line);
  void end_chunk();

  // The batches that are full, oldest first.
  [[nodiscard]] std::vector<Batch> take_full() { return std::exchange(full_, {}); }
  // What there is, full or not.
  [[nodiscard]] std::optional<Batch> take_rest();
  [[nodiscard]] bool is_empty() const { return batch_.is_empty() && full_.empty(); }
  // When the unfinished batch is due, or INT64_MAX.
  [[nodiscard]] int64_t due_monotonic_ns() const;

  // A smaller limit than the configured one, for a server that refuses so much at once.
  void set_bytes_max(size_t bytes_max) { bytes_max_ = bytes_max; }
  // The storage of a batch that is done, to be used again.
  void recycle(Batch batch);

  [[nodiscard]] size_t memory_bytes() const;
  // The largest framed chunk so far: what one more may need.
  [[nodiscard]] size_t chunk_bytes_max() const { return chunk_bytes_max_; }

 private:
  void close_batch();
  void start_batch();

  const BatchOptions options_;
  size_t bytes_max_;
  Batch batch_;
  std::vector<Batch> full_;
  std::vector<Batch> spare_;
  std::shared_ptr<OpenDelivery> chunk_delivery_;  // of the chunk that is being framed
  bool chunk_is_repeat_ = false;
  uint64_t chunk_lines_left_ = 0;
  size_t chunk_bytes_ = 0;
  size_t chunk_bytes_max_ = 1u << 20;
  uint32_t frame_begin_ = 0;
  uint64_t batch_number_ = 0;
  int64_t started_monotonic_ns_ = 0;  // when the first line of batch_ came
  int64_t now_monotonic_ns_ = 0;      // of the chunk
};

}  // namespace sawlog::outputs
