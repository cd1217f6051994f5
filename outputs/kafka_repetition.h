// The messages of a Kafka output that are to be sent again, in which order and how many at once.
//
// They are collected while older ones are still in flight, and run in the order of their lines when
// nothing is. A broker refuses whole batches for one message, or because all of them together are
// too large; so the messages of such a batch are suspects: they run in bursts with nothing beside
// them, of half as many (KafkaFramedMessage::burst_max), and of half as many again when that is
// refused, too. Who is refused in a burst of one is guilty. One guilty among n is found with some
// 2 log n bursts. What a message has learnt about its bursts it keeps, so that a transaction that
// has to begin anew makes no refusal twice.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "outputs/kafka_framer.h"

namespace sawlog::outputs {

class KafkaRepetition {
 public:
  using Message = KafkaFramedMessage;

  // needs_delay: a failure, after which the next attempt has to wait.
  void add(Message& message, bool needs_delay);
  // In a batch that was refused. Its burst is smaller from the next order() on.
  void suspect(Message& message);

  [[nodiscard]] bool is_empty() const { return messages_.empty(); }
  // Whether front() is the one whose turn it is: false after each add().
  [[nodiscard]] bool is_ordered() const { return is_ordered_; }
  // When nothing is in flight. Returns whether a failure is among the messages.
  [[nodiscard]] bool order();

  [[nodiscard]] Message& front() { return *messages_.front(); }
  // Whether front() may go now, by what is in flight already.
  [[nodiscard]] bool may_give(bool is_anything_in_flight) const;
  void give_front();  // it went

  // Suspects that went together, 0: none runs.
  [[nodiscard]] size_t burst() const { return burst_; }
  void end_burst();  // nothing is in flight any more
  // All of it, but for what the messages have learnt.
  void clear();

 private:
  std::deque<Message*> messages_;
  std::vector<Message*> new_suspects_;
  bool is_ordered_ = false;
  bool needs_delay_ = false;
  size_t burst_ = 0;
  size_t burst_max_ = 0;  // of the burst that runs: the least of its messages'
};

}  // namespace sawlog::outputs
