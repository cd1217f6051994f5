#include "outputs/kafka_output.h"

#include <gtest/gtest.h>

#include "tests/unit/outputs/kafka_output_fixture.h"

namespace sawlog::outputs {
namespace {

using KafkaOutputTest = KafkaOutputFixture;

TEST_F(KafkaOutputTest, DeliversWithKeyAndHeaders) {
  make();
  give(R"({"@timestamp":"2026-11-21T07:06:55Z","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",)"
       R"("span_id":"00f067aa0ba902b7"})"
       "\n" +
           line("second"),
       2);
  EXPECT_EQ(sink_.delivered, 0) << "handle() never sends";
  ASSERT_TRUE(step_until_settled(2));
  EXPECT_EQ(output_->health().state, Health::State::kUp);
  const auto all = receive();
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[1].value + "\n", line("second"));
  EXPECT_EQ(all[0].key, "ab0000000000000000000000");
  EXPECT_EQ(all[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(all[0].headers.at("log.file.path"), "/var/log/app.log");
  EXPECT_EQ(all[0].headers.at("log.record.uid").size(), parsers::RecordId::kSizeBytes);
  EXPECT_EQ(all[0].headers.at("traceparent"),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  EXPECT_FALSE(all[1].headers.contains("traceparent"));
  EXPECT_EQ(output_->memory_bytes() < 4096, true) << "nothing is held any more";
}

TEST_F(KafkaOutputTest, WaitsForItsAgeOrForDrain) {
  options_.batch.age_max_ns = 3600 * base::kNsPerSecond;
  make();
  give(line("one"), 1);
  const Wake wake = output_->step();
  EXPECT_FALSE(wake.has_work);
  EXPECT_GT(wake.at_monotonic_ns, clock_.monotonic_ns() + 3000 * base::kNsPerSecond);
  output_->drain();
  ASSERT_TRUE(step_until_settled(1));
}

TEST_F(KafkaOutputTest, ABrokerThatIsDownLosesNothing) {
  rd_kafka_mock_broker_set_down(cluster_, 1);
  make();
  give_numbered(50);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kUnreachable; }));
  EXPECT_NE(output_->health().reason, "");
  EXPECT_EQ(sink_.delivered, 0);
  rd_kafka_mock_broker_set_up(cluster_, 1);
  ASSERT_TRUE(step_until_settled(50));
  EXPECT_EQ(output_->health().state, Health::State::kUp);
  expect_numbered(50);
}

TEST_F(KafkaOutputTest, HealthComesBackWithoutTraffic) {
  make();
  rd_kafka_mock_broker_set_down(cluster_, 1);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kUnreachable; }));
  rd_kafka_mock_broker_set_up(cluster_, 1);
  EXPECT_TRUE(step_until([&] { return output_->health().state == Health::State::kUp; }));
}

TEST_F(KafkaOutputTest, OneBadLineOfABatchIsFoundAndSetAside) {
  make();
  // All five, then the bursts of three, of two and of one that hold the first.
  const auto error = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 4, error, error, error, error);
  give_numbered(5);
  ASSERT_TRUE(step_until_settled(5));
  EXPECT_EQ(sink_.delivered, 4);
  EXPECT_EQ(sink_.dead_lettered, 1);
  const auto all = receive();
  ASSERT_EQ(all.size(), 4);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(all[i].value + "\n", line(std::to_string(i + 1)));
  const std::string letters = disk_.content("/dead/kafka");
  EXPECT_NE(letters.find(R"("reason.type":"MSG_SIZE_TOO_LARGE")"), std::string::npos) << letters;
  EXPECT_NE(letters.find(R"(\"message\":\"0\")"), std::string::npos) << letters;
  ASSERT_EQ(output_->dead_letters().size(), 1);
  EXPECT_EQ(output_->dead_letters()[0].lines, 1);
  EXPECT_EQ(output_->health().state, Health::State::kUp);
}

TEST_F(KafkaOutputTest, ABatchThatIsTooLargeIsSentInParts) {
  make();
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1,
                                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  give_numbered(100);
  ASSERT_TRUE(step_until_settled(100));
  EXPECT_EQ(sink_.delivered, 100);
  EXPECT_EQ(output_->counters().retries, 100);
  expect_numbered(100);
}

TEST_F(KafkaOutputTest, ALineTooLargeForAnyBatchHoldsNobodyUp) {
  options_.client.properties.emplace_back("message.max.bytes", "2000");
  make();
  give(line("before") + line(std::string(5000, 'x')) + line("after"), 3);
  ASSERT_TRUE(step_until_settled(3));
  EXPECT_EQ(sink_.delivered, 2);
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_EQ(receive().size(), 2);
}

TEST_F(KafkaOutputTest, FullDeadLettersPauseAndLoseNothing) {
  options_.client.properties.emplace_back("message.max.bytes", "2000");
  make(100);
  give(line(std::string(5000, 'x')), 1);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kPaused; }));
  EXPECT_NE(output_->health().reason.find("dead letters"), std::string::npos);
  EXPECT_FALSE(output_->wants_more());
  EXPECT_EQ(sink_.dead_lettered, 0);
}

TEST_F(KafkaOutputTest, RightsAreTheOperatorsBusiness) {
  make();
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  give_numbered(10);
  ASSERT_TRUE(step_until([&] { return output_->health().state == Health::State::kPaused; }));
  EXPECT_NE(output_->health().reason.find(options_.topic), std::string::npos);
  EXPECT_EQ(sink_.delivered + sink_.dead_lettered, 0);
  give_numbered(5);
  ASSERT_TRUE(step_until_settled(15));
  EXPECT_EQ(output_->health().state, Health::State::kUp);
  EXPECT_EQ(sink_.delivered, 15);
  EXPECT_GE(output_->counters().retries, 10);
  const auto all = receive();
  ASSERT_EQ(all.size(), 15);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].value + "\n", line(std::to_string(i < 10 ? i : i - 10))) << "in order";
  }
}

TEST_F(KafkaOutputTest, AttemptsMayBeLimited) {
  options_.retry.attempts_max = 2;
  make();
  constexpr auto kError = RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
  // Enough for each message in a batch of its own, which a busy machine makes of them.
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 6, kError, kError, kError, kError,
                                    kError, kError);
  give_numbered(3);
  ASSERT_TRUE(step_until_settled(3));
  EXPECT_EQ(sink_.dead_lettered, 3);
  EXPECT_NE(disk_.content("/dead/kafka").find("attempts: 2"), std::string::npos);
}

TEST_F(KafkaOutputTest, AFatalErrorMakesANewProducer) {
  make();
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1,
                                    RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  give_numbered(20);
  bool was_unreachable = false;
  ASSERT_TRUE(step_until([&] {
    const Health::State state = output_->health().state;
    EXPECT_NE(state, Health::State::kPaused) << "nobody has to act";
    was_unreachable = was_unreachable || state == Health::State::kUnreachable;
    return sink_.delivered >= 20;
  }));
  EXPECT_TRUE(was_unreachable);
  EXPECT_EQ(output_->health().state, Health::State::kUp);
  expect_numbered(20);
}

TEST_F(KafkaOutputTest, EndsAtOnceWhateverIsOpen) {
  rd_kafka_mock_broker_set_down(cluster_, 1);
  make();
  give_numbered(1000);
  (void)output_->step();
  const auto start = std::chrono::steady_clock::now();
  output_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(sink_.unknown_lines, 1000);
}

TEST_F(KafkaOutputTest, FullMeansNoMore) {
  rd_kafka_mock_broker_set_down(cluster_, 1);
  options_.batch.memory_bytes_max = 1u << 20;
  make();
  int chunks = 0;
  while (output_->wants_more()) {
    ASSERT_LT(++chunks, 100);
    give_numbered(200);
    (void)output_->step();
    EXPECT_LE(output_->memory_bytes(), options_.batch.memory_bytes_max);
  }
  EXPECT_GT(chunks, 1);
}

TEST_F(KafkaOutputTest, Check) {
  const auto check = [&](std::vector<std::pair<std::string, std::string>> properties,
                         const char* want) {
    KafkaOptions options = options_;
    options.client.properties = std::move(properties);
    const auto checked = KafkaOutput::check(options);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().message.find(want), std::string::npos) << checked.error().message;
    EXPECT_EQ(checked.error().message.find("secret"), std::string::npos);
  };
  EXPECT_TRUE(KafkaOutput::check(options_));
  check({{"liger.ms", "5"}}, "liger.ms");
  check({{"linger.ms", "soon"}}, "linger.ms");
  check({{"acks", "1"}}, "acks");
  check({{"ssl.key.pem", "secret"}, {"security.protocol", "ssl"}}, "producer");
  KafkaOptions options = options_;
  options.topic = "a b";
  EXPECT_FALSE(KafkaOutput::check(options));
}

}  // namespace
}  // namespace sawlog::outputs
