#include "outputs/delivery.h"

#include <gtest/gtest.h>

namespace sawlog::outputs {
namespace {

class RecordingSink final : public DeliverySink {
 public:
  void settled(const LineRange& range, const Outcome& outcome) override {
    settled_lines += range.line_count;
    delivered += outcome.delivered;
    settled_end = range.end;
  }
  void unknown(const LineRange& range) override { unknown_lines += range.line_count; }
  uint64_t settled_lines = 0;
  uint64_t settled_end = 0;
  uint64_t delivered = 0;
  uint64_t unknown_lines = 0;
};

TEST(Delivery, SettlesOnce) {
  RecordingSink sink;
  {
    Delivery(&sink, {{}, 0, 100, 10}).settle({.delivered = 9, .dead_lettered = 1});
  }
  EXPECT_EQ(sink.settled_lines, 10);
  EXPECT_EQ(sink.delivered, 9);
  EXPECT_EQ(sink.unknown_lines, 0);
}

TEST(Delivery, ForgottenMeansUnknown) {
  RecordingSink sink;
  {
    const Delivery forgotten(&sink, {{}, 0, 100, 10});
  }
  EXPECT_EQ(sink.unknown_lines, 10);
}

TEST(Delivery, MovedFromIsNobody) {
  RecordingSink sink;
  {
    Delivery first(&sink, {{}, 0, 100, 10});
    const Delivery second = std::move(first);
  }
  EXPECT_EQ(sink.unknown_lines, 10);
}

TEST(DeliveryDeathTest, CountsMustAddUp) {
  RecordingSink sink;
  EXPECT_DEATH(Delivery(&sink, {{}, 0, 100, 10}).settle({.delivered = 9}), "CHECK");
}

}  // namespace
}  // namespace sawlog::outputs
