#include "outputs/kafka_repetition.h"

#include <gtest/gtest.h>

namespace sawlog::outputs {
namespace {

// A broker that refuses any batch which is too large or holds a bad message.
struct Broker {
  size_t batch_max = SIZE_MAX;
  std::vector<size_t> bad = {};
  [[nodiscard]] bool takes(const std::vector<KafkaFramedMessage*>& batch) const {
    if (batch.size() > batch_max) return false;
    return std::none_of(batch.begin(), batch.end(), [&](const KafkaFramedMessage* message) {
      return std::find(bad.begin(), bad.end(), message->offset) != bad.end();
    });
  }
};

struct Result {
  std::vector<uint64_t> arrived;
  std::vector<uint64_t> guilty;
  int bursts = 0;
};

// As the output does it, after the broker refused all messages in one batch.
Result run(const Broker& broker, size_t count) {
  KafkaFramedChunk chunk;
  chunk.messages.resize(count);
  KafkaRepetition repetition;
  for (size_t i = 0; i < count; ++i) {
    chunk.messages[i].chunk = &chunk;
    chunk.messages[i].offset = i;
    chunk.messages[i].begin = static_cast<uint32_t>(i);
    repetition.add(chunk.messages[i], false);
    repetition.suspect(chunk.messages[i]);
  }
  repetition.end_burst();
  Result result;
  while (!repetition.is_empty()) {
    if (!repetition.is_ordered()) {
      EXPECT_FALSE(repetition.order());
    }
    std::vector<KafkaFramedMessage*> burst;
    while (!repetition.is_empty() && repetition.may_give(!burst.empty())) {
      burst.push_back(&repetition.front());
      repetition.give_front();
    }
    ++result.bursts;
    for (KafkaFramedMessage* message : burst) {
      if (broker.takes(burst)) {
        result.arrived.push_back(message->offset);
      } else if (repetition.burst() == 1) {
        result.guilty.push_back(message->offset);
      } else {
        repetition.add(*message, false);
        repetition.suspect(*message);
      }
    }
    repetition.end_burst();
  }
  return result;
}

TEST(KafkaRepetition, FindsTheGuiltyInFewBurstsAndKeepsTheOrder) {
  const auto check = [](const Broker& broker, size_t count, const std::vector<uint64_t>& guilty,
                        int bursts_max) {
    const Result result = run(broker, count);
    EXPECT_EQ(result.guilty, guilty);
    EXPECT_EQ(result.arrived.size(), count - guilty.size());
    EXPECT_TRUE(std::is_sorted(result.arrived.begin(), result.arrived.end()));
    EXPECT_LE(result.bursts, bursts_max);
  };
  check({}, 1, {}, 1);
  check({.bad = {0}}, 1, {0}, 1);
  check({}, 1000, {}, 2);
  check({.bad = {0}}, 1000, {0}, 20);
  check({.bad = {999}}, 1000, {999}, 20);
  check({.bad = {500}}, 1000, {500}, 40);
  check({.bad = {3, 4, 700}}, 1000, {3, 4, 700}, 80);
  check({.batch_max = 100}, 1000, {}, 40);
  check({.batch_max = 1}, 8, {}, 16);
}

TEST(KafkaRepetition, OrdersByLineAndTellsWhetherToWait) {
  KafkaFramedChunk first;
  KafkaFramedChunk second;
  second.sequence = 1;
  first.messages.resize(2);
  second.messages.resize(1);
  for (KafkaFramedMessage& message : first.messages) message.chunk = &first;
  first.messages[1].begin = 100;
  second.messages[0].chunk = &second;
  KafkaRepetition repetition;
  repetition.add(second.messages[0], false);
  repetition.add(first.messages[1], true);
  EXPECT_FALSE(repetition.is_ordered());
  EXPECT_TRUE(repetition.order());
  repetition.add(first.messages[0], false);
  EXPECT_FALSE(repetition.is_ordered());
  EXPECT_FALSE(repetition.order()) << "waited for already";
  EXPECT_EQ(&repetition.front(), &first.messages[0]);
  repetition.give_front();
  EXPECT_EQ(&repetition.front(), &first.messages[1]);
  repetition.give_front();
  EXPECT_EQ(&repetition.front(), &second.messages[0]);
}

}  // namespace
}  // namespace sawlog::outputs
