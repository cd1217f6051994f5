// The seam between a consumer and what it does with lines: an output, or
// agent/metrics/metric_handler.h.
//
// Life, all on the consumer's thread:
//
//   restore(states)         once, before anything else: what save_state() gave before a crash
//   handle(chunk, delivery) only while wants_more(); copies what it keeps of the chunk
//   step()                  often: sends what is due, collects answers, settles deliveries
//   save_state(kind)        the consumer is about to save its cursors: state of the same moment
//   saved()                 cursors and state are durable
//   concluded()             see "transactions" below
//   drain()                 --once, shutdown: send what is framed without waiting for its age
//   destructor              open deliveries become unknown
//
// Invariants:
//   * a delivery is settled only when the destination acknowledged every line of it, or a line was
//     durably written to the dead letters;
//   * order within a file is kept wherever the destination can show it;
//   * memory_bytes() <= the budget given at construction, whatever the destination does: an output
//     that is full says so by wants_more(), and the backlog stays on disk;
//   * no call blocks on the destination. step() returns at once; it may block on the local disk.
// Retries never end by themselves (outputs/retry.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "outputs/delivery.h"
#include "parsers/chunk.h"
#include "parsers/record.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

// Whether an output can deliver; shown by /health/ready and /status.
struct Health {
  enum class State : uint8_t {
    kUp,
    kUnreachable,  // connection refused, time-out, 5xx, 429: goes on by itself
    kPaused,       // the operator must act: rights, a missing index, a refused certificate
  };
  State state = State::kUp;
  std::string reason;  // "" when up; else one sentence with the values, without secrets
};

// Counted since the process started, by the output; read by the consumer after step().
struct OutputCounters {
  uint64_t retries = 0;     // requests or messages sent again
  uint64_t sent_bytes = 0;  // on the wire, after compression
  uint64_t requests = 0;
  uint64_t already_there = 0;  // lines the destination had from before (409 on create, found there)
  uint64_t diverted = 0;       // lines that it took, but put aside itself (a failure store)
  uint64_t overflow_lines = 0;  // lines beyond a limit of names (Loki's streams)
};

// One reason for dead letters and how many lines went there for it since the process started.
struct DeadLetterCount {
  std::string reason;
  uint64_t lines = 0;
};

enum class SaveKind : uint8_t {
  kFull,   // everything, alone enough for restore()
  kDelta,  // what changed since the last save_state(); restore() gets the full one, then the deltas
};

// Whether a prepared save counts.
enum class Conclusion : uint8_t {
  kOpen,   // not known yet
  kHolds,  // the destination has committed what it is about
  kVoid,   // the destination has nothing of it
};

// What handle() found out about a chunk.
struct Handled {
  uint64_t not_json_lines = 0;    // lines that were wrapped
  uint64_t unreadable_times = 0;  // records with something for a time that is none
  // Some line had no time of its own: the consumer durably notes the chunk's time before it calls
  // step() again, so that a repeat after a crash carries the same time.
  bool used_chunk_time = false;

  // A record that is shipped with its time.
  void note(const parsers::Record& record) {
    if (record.shape() != parsers::Shape::kJson) ++not_json_lines;
    if (!record.own_time_unix_ns()) used_chunk_time = true;
    if (record.time_is_unreadable()) ++unreadable_times;
  }
};

// Frames every record of the chunk.
template <class Frame>
[[nodiscard]] Handled frame_records(parsers::RecordReader& reader, const parsers::Chunk& chunk,
                                    const Frame& frame) {
  Handled handled;
  reader.start(chunk);
  while (const parsers::Record* const record = reader.next()) {
    frame(*record);
    handled.note(*record);
  }
  return handled;
}

// When the caller should come back, unless woken before: monotonic ns.
struct Wake {
  int64_t at_monotonic_ns = INT64_MAX;
  bool has_work = false;  // true: call again at once
};

class Output {
 public:
  virtual ~Output() = default;

  // states: one full state and the deltas after it, oldest first; empty on the very first start.
  [[nodiscard]] virtual base::Expected<void> restore(std::span<const std::string> states) = 0;

  [[nodiscard]] virtual bool wants_more() const = 0;
  // True: chunks of different files come in the order of their records' times, none more than ten
  // minutes behind what came before it, as far as the times within each file rise. For a
  // destination that refuses what is far behind.
  [[nodiscard]] virtual bool wants_time_order() const { return false; }
  // Frames the chunk's lines; never sends (step() does), so that what must be durable before the
  // lines leave can be saved in between.
  [[nodiscard]] virtual Handled handle(const parsers::Chunk& chunk, Delivery delivery) = 0;
  virtual Wake step() = 0;
  virtual void drain() = 0;

  // "" for an output without state.
  [[nodiscard]] virtual std::string save_state(SaveKind kind) = 0;
  virtual void saved() {}
  // Once after a start: every line with Chunk::may_have_been_sent is settled and saved.
  virtual void past_repeats() {}
  // How long settled deliveries may wait for their save: what a crash may send again.
  [[nodiscard]] virtual int64_t save_delay_ns() const = 0;
  // The output has to have its state saved before it can go on, though no delivery was settled: a
  // name that must be known as ours before it is used, the number of a transaction before it
  // begins. The consumer saves at once.
  [[nodiscard]] virtual bool wants_save() const { return false; }

  // Transactions: an output whose destination decides over all that was settled since the last save
  // at once. Its save counts only when the destination has committed, and is durable before that
  // (agent/checkpoint/consumer_checkpoint.h: prepare, conclude), so that a crash in between finds
  // both what would be saved and, by the destination, whether it counts.
  //
  // The save that wants_save() asks for is such a one.
  [[nodiscard]] virtual bool saves_are_prepared() const { return false; }
  // After restore(): a crash left a prepared save, and this state with it. Nothing is read before
  // conclusion() says what became of it.
  virtual void restore_prepared(const std::string& /*state*/) {}
  // Of the prepared save. An output that is not asked to by its configuration cannot find out what
  // became of one: its lines are sent again.
  [[nodiscard]] virtual Conclusion conclusion() const { return Conclusion::kVoid; }
  // The conclusion is durable.
  virtual void concluded() {}

  // A file descriptor that becomes readable when step() has something to do, or -1. The consumer's
  // thread polls it together with its own wake-up; the descriptor is owned by the output.
  [[nodiscard]] virtual int wake_fd() const { return -1; }

  // Sentences for the agent's log (errors) since the last call: what a person must know and no
  // state of health tells, a file of ours that somebody changed.
  [[nodiscard]] virtual std::vector<std::string> take_notices() { return {}; }
  [[nodiscard]] virtual Health health() const = 0;
  [[nodiscard]] virtual OutputCounters counters() const = 0;
  [[nodiscard]] virtual std::vector<DeadLetterCount> dead_letters() const = 0;
  [[nodiscard]] virtual size_t memory_bytes() const = 0;
};

}  // namespace sawlog::outputs
