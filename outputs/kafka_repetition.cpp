#include "outputs/kafka_repetition.h"

#include <algorithm>

namespace sawlog::outputs {

void KafkaRepetition::add(Message& message, bool needs_delay) {
  message.state = KafkaMessageState::kWaiting;
  messages_.push_back(&message);
  needs_delay_ = needs_delay_ || needs_delay;
  is_ordered_ = false;
}

void KafkaRepetition::add_suspect(Message& message) {
  message.is_suspect = true;
  was_refused_ = true;
  add(message, false);
}

bool KafkaRepetition::order() {
  const auto is_before = [](const Message* left, const Message* right) {
    return left->chunk->sequence != right->chunk->sequence
               ? left->chunk->sequence < right->chunk->sequence
               : left->begin < right->begin;
  };
  std::sort(messages_.begin(), messages_.end(), is_before);
  is_ordered_ = true;
  if (burst_max_ == 0) {
    const auto suspects = std::count_if(messages_.begin(), messages_.end(),
                                        [](const Message* message) { return message->is_suspect; });
    burst_max_ = static_cast<size_t>(suspects) / 2;
  }
  const bool needs_delay = needs_delay_;
  needs_delay_ = false;
  return needs_delay;
}

void KafkaRepetition::end_burst() {
  if (burst_ > 1 && was_refused_) {
    burst_max_ = burst_ / 2;
  } else if (burst_ > 0) {
    burst_max_ = std::min(burst_max() * 2, kBurstMax);
  }
  burst_ = 0;
  was_refused_ = false;
}

}  // namespace sawlog::outputs
