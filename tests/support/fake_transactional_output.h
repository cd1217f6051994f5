// An output with transactions, whose destination is a vector in memory: what step() settles is in
// an open transaction, which commits when the consumer has prepared its save and the test lets it.
#pragma once

#include <string>
#include <vector>

#include "outputs/output.h"

namespace sawlog::outputs {

// Outlives the agent.
struct FakeTransactions {
  std::vector<std::string> lines;  // committed
  uint64_t number = 0;             // of the last transaction that was committed
};

class FakeTransactionalOutput final : public Output {
 public:
  explicit FakeTransactionalOutput(FakeTransactions& destination) : destination_(destination) {}

  bool commits = true;  // false: the transaction stays open

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override {
    if (!states.empty()) number_ = std::stoull(states.back());
    return {};
  }
  void restore_prepared(const std::string& state) override {
    conclusion_ =
        destination_.number == std::stoull(state) ? Conclusion::kHolds : Conclusion::kVoid;
    if (conclusion_ == Conclusion::kHolds) number_ = destination_.number;
    phase_ = Phase::kConcluding;
  }
  [[nodiscard]] bool wants_more() const override { return phase_ == Phase::kOpen; }
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override {
    for (const parsers::Line& line : chunk.lines) lines_.emplace_back(chunk.text(line));
    deliveries_.push_back(std::move(delivery));
    return {};
  }
  Wake step() override {
    if (phase_ == Phase::kOpen && !deliveries_.empty()) {
      for (Delivery& delivery : deliveries_) {
        const uint64_t lines = delivery.range().line_count;
        std::move(delivery).settle({.delivered = lines});
      }
      deliveries_.clear();
      ++number_;
      phase_ = Phase::kPreparing;
    } else if (phase_ == Phase::kCommitting && commits) {
      commit();
    }
    return {};
  }
  // As the destination does it, also when its answer is lost.
  void commit_unheard() {
    destination_.lines.insert(destination_.lines.end(), lines_.begin(), lines_.end());
    destination_.number = number_;
  }
  void drain() override {}
  [[nodiscard]] std::string save_state(SaveKind) override { return std::to_string(number_); }
  void saved() override {
    if (phase_ == Phase::kPreparing) phase_ = Phase::kCommitting;
  }
  [[nodiscard]] int64_t save_delay_ns() const override { return 0; }
  [[nodiscard]] bool wants_save() const override { return phase_ == Phase::kPreparing; }
  [[nodiscard]] bool saves_are_prepared() const override { return phase_ == Phase::kPreparing; }
  [[nodiscard]] Conclusion conclusion() const override {
    return phase_ == Phase::kConcluding ? conclusion_ : Conclusion::kOpen;
  }
  void concluded() override { phase_ = Phase::kOpen; }
  [[nodiscard]] Health health() const override { return {}; }
  [[nodiscard]] OutputCounters counters() const override { return {}; }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override { return {}; }
  [[nodiscard]] size_t memory_bytes() const override { return 0; }

 private:
  enum class Phase : uint8_t { kOpen, kPreparing, kCommitting, kConcluding };

  void commit() {
    commit_unheard();
    lines_.clear();
    phase_ = Phase::kConcluding;
    conclusion_ = Conclusion::kHolds;
  }

  FakeTransactions& destination_;
  std::vector<std::string> lines_;
  std::vector<Delivery> deliveries_;
  uint64_t number_ = 0;
  Phase phase_ = Phase::kOpen;
  Conclusion conclusion_ = Conclusion::kOpen;
};

}  // namespace sawlog::outputs
