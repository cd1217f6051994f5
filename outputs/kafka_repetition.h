// The messages of a Kafka output that are to be sent again, in which order and how many at once.
//
// They are collected while older ones are still in flight, and run in the order of their lines when
// nothing is. A broker refuses whole batches for one message, or because all of them together are
// too large; so the messages of such a batch are suspects and run in bursts with nothing beside
// them: half as many when one is refused, twice as many after one that arrived. Who is refused in a
// burst of one is guilty. One guilty among n is found with some 2 log n bursts.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>

#include "outputs/kafka_framer.h"

namespace sawlog::outputs {

class KafkaRepetition {
 public:
  using Message = KafkaFramedMessage;
  static constexpr size_t kBurstMax = 1u << 16;

  // needs_delay: a failure, after which the next attempt has to wait.
  void add(Message& message, bool needs_delay);
  void add_suspect(Message& message);

  [[nodiscard]] bool is_empty() const { return messages_.empty(); }
  // Whether front() is the one whose turn it is: false after each add().
  [[nodiscard]] bool is_ordered() const { return is_ordered_; }
  // When nothing is in flight. Returns whether a failure is among the messages.
  [[nodiscard]] bool order();
  [[nodiscard]] Message& front() { return *messages_.front(); }
  void pop_front() { messages_.pop_front(); }

  [[nodiscard]] size_t burst_max() const { return burst_max_ == 0 ? 1 : burst_max_; }
  void count_in_burst() { ++burst_; }
  [[nodiscard]] size_t burst() const { return burst_; }  // suspects that were in it, 0: none runs
  void end_burst();                                      // nothing is in flight any more

 private:
  std::deque<Message*> messages_;
  bool is_ordered_ = false;
  bool needs_delay_ = false;
  size_t burst_ = 0;
  size_t burst_max_ = 0;  // 0: no burst has run yet
  bool was_refused_ = false;
};

}  // namespace sawlog::outputs
