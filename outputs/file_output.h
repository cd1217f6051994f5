// Lines to local files: NDJSON in zstd frames, gzip members or plain, readable by the standard
// tools at any moment, and exact over a crash.
//
// Lines are compressed as they are handled. When the batch is large or old enough, or there is
// nothing to wait for, step() ends the frame and writes it as a whole: append, fdatasync, and only
// then the deliveries are settled. What stands in the files beyond the saved size after a crash was
// not acknowledged: restore() cuts it off and the lines come again (outputs/file_series.h).
//
// A file is full when it has reached rotate_bytes or rotate_age_ns; the next one is begun with the
// next frame, when everything in the full one is saved: so no file is empty. A disk that is full or
// not writable pauses the output: the frame is kept and tried again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/filesystem.h"
#include "outputs/file_series.h"
#include "outputs/frame_compressor.h"
#include "outputs/output.h"
#include "outputs/output_options.h"
#include "outputs/retry.h"
#include "parsers/line_writer.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

struct FileOptions {
  std::string path;
  FrameFormat format = FrameFormat::kZstd;
  uint64_t rotate_bytes = 1ull << 30;
  int64_t rotate_age_ns = INT64_MAX;  // since the file was made, over restarts, too
  uint32_t rotate_keep = 7;           // full files besides the one that is written to
  BatchOptions batch;                 // in_flight_max means nothing here
  RetryOptions retry;                 // attempts_max means nothing here: a line is never given up
  parsers::LineWriterOptions lines;
  uint64_t retry_seed = 0;
};

class FileOutput final : public Output {
 public:
  // Touches nothing before restore(). filesystem and clock must outlive it.
  FileOutput(base::Filesystem& filesystem, const base::Clock& clock, FileOptions options);
  ~FileOutput() override;

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override;
  [[nodiscard]] bool wants_more() const override;
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override;
  void drain() override;
  [[nodiscard]] std::string save_state(SaveKind kind) override;
  void saved() override;
  [[nodiscard]] bool wants_save() const override;
  [[nodiscard]] int64_t save_delay_ns() const override;
  [[nodiscard]] std::vector<std::string> take_notices() override;
  [[nodiscard]] Health health() const override { return health_; }
  [[nodiscard]] OutputCounters counters() const override { return counters_; }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override { return {}; }
  [[nodiscard]] size_t memory_bytes() const override;

 private:
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] int64_t due_monotonic_ns(int64_t now) const;
  [[nodiscard]] Wake write_frame(int64_t now);
  void settle_all();

  const base::Clock& clock_;
  const FileOptions options_;
  FileSeries series_;
  parsers::RecordReader reader_;
  parsers::LineWriter writer_;
  FrameCompressor compressor_;

  std::string lines_;                 // of one chunk, before compression
  std::string frame_;                 // the one under way
  bool is_frame_ended_ = false;       // whole: only to be written
  uint64_t framed_bytes_ = 0;         // in the frame, before compression
  int64_t framed_since_ns_ = 0;       // when the first of them came
  std::vector<Delivery> deliveries_;  // of the frame
  bool is_draining_ = false;

  Backoff backoff_;
  int64_t retry_at_ns_ = 0;
  Health health_;
  OutputCounters counters_;
};

}  // namespace sawlog::outputs
