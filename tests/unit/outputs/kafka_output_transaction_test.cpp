// With exactly_once, by the mock cluster: it speaks the protocol of transactions, but keeps what is
// aborted. What readers see of a transaction is tests/integration/test_kafka.py's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outputs/kafka_output.h"
#include "tests/unit/outputs/kafka_output_fixture.h"

namespace sawlog::outputs {
namespace {

using testing::HasSubstr;

constexpr int16_t kInitProducerId = 22;
constexpr int16_t kAddPartitions = 24;
constexpr int16_t kEndTransaction = 26;

class KafkaTransactionOutputTest : public KafkaOutputFixture {
 protected:
  KafkaTransactionOutputTest() { options_.client.transactional_id = "sawlog.id." + options_.topic; }
  ~KafkaTransactionOutputTest() override {
    for (const int16_t request : {kInitProducerId, kAddPartitions, kEndTransaction}) {
      rd_kafka_mock_clear_request_errors(cluster_, request);
    }
  }

  template <class... Errors>
  void answer(int16_t request, Errors... errors) {
    rd_kafka_mock_push_request_errors(cluster_, request, sizeof...(errors), errors...);
  }
  [[nodiscard]] bool step_until_committed(int count = 1) {
    return step_until([&] { return concluded_ >= count; });
  }
};

TEST_F(KafkaTransactionOutputTest, SettlesWithAPreparedSaveAndReleasesWithTheCommit) {
  make();
  give_numbered(20);
  ASSERT_TRUE(step_until([&] { return output_->wants_save(); }));
  EXPECT_TRUE(output_->saves_are_prepared());
  EXPECT_EQ(sink_.delivered, 20);
  EXPECT_GT(output_->memory_bytes(), 4096) << "it may have to be sent again";
  EXPECT_EQ(output_->conclusion(), Conclusion::kOpen);
  ASSERT_TRUE(step_until_committed());
  EXPECT_EQ(saved_state_, "1 " + options_.topic);
  EXPECT_LT(output_->memory_bytes(), 4096);
  give_numbered(5);
  ASSERT_TRUE(step_until_settled(25));
  ASSERT_TRUE(step_until_committed(2));
  EXPECT_EQ(saved_state_, "2 " + options_.topic);
  EXPECT_EQ(output_->health().state, Health::State::kUp);
  EXPECT_EQ(receive().size(), 25);
}

TEST_F(KafkaTransactionOutputTest, NothingIsPreparedBeforeTheLastIsConcluded) {
  make();
  give_numbered(1);
  ASSERT_TRUE(step_until([&] { return output_->wants_save(); }));
  output_->saved();
  while (output_->conclusion() == Conclusion::kOpen) (void)output_->step();
  EXPECT_EQ(output_->conclusion(), Conclusion::kHolds);
  give_numbered(1);
  for (int i = 0; i < 1000; ++i) (void)output_->step();
  EXPECT_FALSE(output_->wants_save());
  EXPECT_EQ(sink_.delivered, 1);
  output_->concluded();
  ASSERT_TRUE(step_until_settled(2));
}

TEST_F(KafkaTransactionOutputTest, AsksWhatBecameOfATransactionBeforeItReads) {
  make();
  ASSERT_TRUE(output_->restore({}));
  output_->restore_prepared("1 " + options_.topic);
  EXPECT_FALSE(output_->wants_more());
  while (output_->conclusion() == Conclusion::kOpen) (void)output_->step();
  EXPECT_EQ(output_->conclusion(), Conclusion::kVoid);
  EXPECT_FALSE(output_->wants_more()) << "the consumer's cursors come first";
  output_->concluded();
  EXPECT_TRUE(output_->wants_more());
}

TEST_F(KafkaTransactionOutputTest, ARefusedLineIsSetAsideAndTheRestGoesAgain) {
  make();
  const auto error = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
  answer(kProduceRequest, error, error, error, error);
  give_numbered(5);
  ASSERT_TRUE(step_until_settled(5));
  EXPECT_EQ(sink_.delivered, 4);
  EXPECT_EQ(sink_.dead_lettered, 1);
  ASSERT_TRUE(step_until_committed());
  EXPECT_THAT(disk_.content("/dead/kafka"), HasSubstr(R"(\"message\":\"0\")"));
  EXPECT_EQ(output_->health().state, Health::State::kUp);
}

TEST_F(KafkaTransactionOutputTest, ATransactionOfDeadLettersAloneNeedsNoCommit) {
  options_.client.properties.emplace_back("message.max.bytes", "2000");
  make();
  give(line(std::string(5000, 'x')), 1);
  ASSERT_TRUE(step_until_settled(1));
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_FALSE(output_->wants_save()) << "a plain one will do";
  give_numbered(3);
  ASSERT_TRUE(step_until_settled(4));
  ASSERT_TRUE(step_until_committed());
  EXPECT_EQ(saved_state_, "1 " + options_.topic);
}

TEST_F(KafkaTransactionOutputTest, RightsOfATopicAreTheOperatorsBusiness) {
  for (const int16_t request : {kProduceRequest, kAddPartitions}) {
    make();
    sink_ = {};
    concluded_ = 0;
    answer(request, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    give_numbered(10);
    ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kPaused; }));
    EXPECT_THAT(output_->health().reason, HasSubstr("authorization failed"));
    ASSERT_TRUE(step_until_settled(10));
    ASSERT_TRUE(step_until_committed());
    EXPECT_EQ(output_->health().state, Health::State::kUp);
  }
}

TEST_F(KafkaTransactionOutputTest, ACommitThatFailsIsDecidedByTheNumber) {
  make();
  answer(kEndTransaction, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE);
  give_numbered(10);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kUnreachable; }));
  ASSERT_TRUE(step_until_committed());
  EXPECT_EQ(sink_.delivered, 10) << "settled once";
  EXPECT_EQ(saved_state_, "1 " + options_.topic);
  EXPECT_EQ(output_->health().state, Health::State::kUp);
}

TEST_F(KafkaTransactionOutputTest, AFencedOneStopsForGood) {
  make();
  answer(kEndTransaction, RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
  give_numbered(10);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kPaused; }));
  EXPECT_THAT(output_->health().reason, HasSubstr("another agent"));
  EXPECT_FALSE(output_->wants_more());
  const Wake wake = output_->step();
  EXPECT_FALSE(wake.has_work);
}

TEST_F(KafkaTransactionOutputTest, ABrokerThatIsDownLosesNothing) {
  rd_kafka_mock_broker_set_down(cluster_, 1);
  make();
  give_numbered(50);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kUnreachable; }));
  EXPECT_EQ(sink_.delivered, 0);
  rd_kafka_mock_broker_set_up(cluster_, 1);
  ASSERT_TRUE(step_until_settled(50));
  ASSERT_TRUE(step_until_committed());
  EXPECT_EQ(output_->health().state, Health::State::kUp);
}

TEST_F(KafkaTransactionOutputTest, AnUnknownTopicIsToldUntilItIsThere) {
  rd_kafka_mock_topic_set_error(cluster_, options_.topic.c_str(),
                                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  make();
  give_numbered(10);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kPaused; }));
  EXPECT_THAT(output_->health().reason, HasSubstr(options_.topic));
  EXPECT_EQ(sink_.delivered + sink_.dead_lettered, 0);
  rd_kafka_mock_topic_set_error(cluster_, options_.topic.c_str(), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(step_until_settled(10));
  ASSERT_TRUE(step_until_committed());
  EXPECT_EQ(output_->health().state, Health::State::kUp);
}

TEST_F(KafkaTransactionOutputTest, ALeaderThatMovesCostsNothing) {
  make();
  const auto error = RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION;
  answer(kProduceRequest, error, error);
  give_numbered(30);
  ASSERT_TRUE(step_until_settled(30));
  ASSERT_TRUE(step_until_committed());
  EXPECT_EQ(output_->counters().retries, 0) << "librdkafka's own business";
  expect_numbered(30);
}

TEST_F(KafkaTransactionOutputTest, ACoordinatorThatMovesCostsNothing) {
  make();
  const auto error = RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
  for (const int16_t request : {kAddPartitions, kEndTransaction}) answer(request, error);
  give_numbered(30);
  ASSERT_TRUE(step_until_settled(30));
  ASSERT_TRUE(step_until_committed());
  EXPECT_EQ(output_->health().state, Health::State::kUp);
  expect_numbered(30);
}

}  // namespace
}  // namespace sawlog::outputs
