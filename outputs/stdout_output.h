// Lines to a descriptor, standard output as a rule: NDJSON, or one line for people each.
//
// Delivered means: the descriptor took the bytes. Nobody can say what became of them behind a pipe;
// a crash may repeat what was written and not yet saved.
//
// A pipe that is full makes the output wait, not the consumer: wake_fd() becomes readable when
// there is room. When nobody reads any more (EPIPE) the output pauses for good and settles nothing.
// The process must ignore SIGPIPE. The descriptor's flags are not touched (they are shared with
// whoever gave it to us); it is not closed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "outputs/output.h"
#include "outputs/output_options.h"
#include "outputs/pretty_line.h"
#include "parsers/line_writer.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

struct StdoutOptions {
  bool pretty = false;  // outputs/pretty_line.h instead of NDJSON; in colour on a terminal
  int descriptor = 1;
  BatchOptions batch;  // its memory_bytes_max; nothing waits for a batch
  parsers::LineWriterOptions lines;
};

class StdoutOutput final : public Output {
 public:
  explicit StdoutOutput(StdoutOptions options);
  ~StdoutOutput() override;

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override;
  [[nodiscard]] bool wants_more() const override;
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override;
  void drain() override {}  // nothing waits for its age
  [[nodiscard]] std::string save_state(SaveKind) override { return ""; }
  [[nodiscard]] int64_t save_delay_ns() const override;
  [[nodiscard]] int wake_fd() const override { return wake_fd_; }
  [[nodiscard]] Health health() const override { return health_; }
  [[nodiscard]] OutputCounters counters() const override { return counters_; }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override { return {}; }
  [[nodiscard]] size_t memory_bytes() const override;

 private:
  struct Framed {
    std::string text;
    Delivery delivery;
  };

  enum class Written : uint8_t { kAll, kFull, kBroken };
  [[nodiscard]] Written write_some(std::string_view& text);
  void wait_for_room();

  const StdoutOptions options_;
  std::optional<PrettyLine> pretty_;
  parsers::RecordReader reader_;
  parsers::LineWriter writer_;
  bool may_block_ = false;  // a pipe, a terminal or a socket, not a file
  int wake_fd_ = -1;        // an epoll descriptor, where the descriptor can be waited for
  std::deque<Framed> framed_;
  size_t written_bytes_ = 0;  // of framed_.front()
  size_t held_bytes_ = 0;
  Health health_;
  OutputCounters counters_;
};

}  // namespace sawlog::outputs
