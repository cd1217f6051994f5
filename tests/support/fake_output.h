// An output whose destination is a vector in memory, and that does what a test tells it to.
//
// Like a real one it frames in handle() and sends in step(); what the destination holds survives
// the object (a crash of the agent), what was only framed does not.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "outputs/output.h"

namespace sawlog::outputs {

// The destination: outlives the agent.
struct FakeDestination {
  struct Entry {
    base::FileId file;
    uint64_t offset = 0;
    std::string line;
    int64_t time_unix_ns = 0;  // of its chunk
  };
  std::vector<Entry> entries;
  std::vector<std::string> restored_states;  // of the last restore()
};

enum class FakeAnswer : uint8_t {
  kAccept,       // stored and acknowledged
  kHold,         // not answered now; asked again at the next step
  kLoseRequest,  // not stored, and the answer is lost: unknown
  kLoseAnswer,   // stored, but the answer is lost: unknown
};

class FakeOutput final : public Output {
 public:
  explicit FakeOutput(FakeDestination& destination) : destination_(destination) {}

  // Asked for each chunk that step() would send; default: kAccept.
  std::function<FakeAnswer()> answer = [] { return FakeAnswer::kAccept; };
  size_t chunks_max = 4;  // framed and not yet answered; then the output wants no more
  int64_t save_delay = 0;
  bool by_time = false;  // wants_time_order()

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override;
  [[nodiscard]] bool wants_more() const override { return framed_.size() < chunks_max; }
  [[nodiscard]] bool wants_time_order() const override { return by_time; }
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override;
  void drain() override {}
  [[nodiscard]] std::string save_state(SaveKind kind) override;
  void saved() override { ++saves; }
  void past_repeats() override { is_past_repeats = true; }
  [[nodiscard]] int64_t save_delay_ns() const override { return save_delay; }
  [[nodiscard]] Health health() const override { return current_health; }
  [[nodiscard]] OutputCounters counters() const override { return {}; }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override { return {}; }
  [[nodiscard]] size_t memory_bytes() const override { return 0; }

  Health current_health;
  uint64_t saves = 0;
  bool uses_chunk_time = false;              // as if no line had a time of its own
  std::vector<int64_t> chunk_times_unix_ns;  // of the chunks it was given
  std::vector<bool> chunks_are_repeats;      // Chunk::may_have_been_sent
  bool is_past_repeats = false;

 private:
  struct Framed {
    std::vector<FakeDestination::Entry> entries;
    Delivery delivery;
  };
  FakeDestination& destination_;
  std::deque<Framed> framed_;
  uint64_t accepted_chunks_ = 0;
};

}  // namespace sawlog::outputs
