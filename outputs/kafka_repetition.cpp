#include "outputs/kafka_repetition.h"

#include <algorithm>

namespace sawlog::outputs {

void KafkaRepetition::add(Message& message, bool needs_delay) {
  message.state = KafkaMessageState::kWaiting;
  messages_.push_back(&message);
  needs_delay_ = needs_delay_ || needs_delay;
  is_ordered_ = false;
}

void KafkaRepetition::suspect(Message& message) {
  new_suspects_.push_back(&message);
}

bool KafkaRepetition::order() {
  const auto is_before = [](const Message* left, const Message* right) {
    return left->chunk->sequence != right->chunk->sequence
               ? left->chunk->sequence < right->chunk->sequence
               : left->begin < right->begin;
  };
  std::sort(messages_.begin(), messages_.end(), is_before);
  is_ordered_ = true;
  const auto half = static_cast<uint32_t>((new_suspects_.size() + 1) / 2);
  for (Message* const message : new_suspects_) message->burst_max = half;
  new_suspects_.clear();
  const bool needs_delay = needs_delay_;
  needs_delay_ = false;
  return needs_delay;
}

bool KafkaRepetition::may_give(bool is_anything_in_flight) const {
  const Message& next = *messages_.front();
  if (next.burst_max == 0) return burst_ == 0;
  if (burst_ == 0) return !is_anything_in_flight;
  return burst_ < std::min<size_t>(burst_max_, next.burst_max);
}

void KafkaRepetition::give_front() {
  const Message& message = *messages_.front();
  if (message.burst_max > 0) {
    burst_max_ = burst_ == 0 ? message.burst_max : std::min<size_t>(burst_max_, message.burst_max);
    ++burst_;
  }
  messages_.pop_front();
}

void KafkaRepetition::end_burst() {
  burst_ = 0;
}

void KafkaRepetition::clear() {
  messages_.clear();
  burst_ = 0;
}

}  // namespace sawlog::outputs
