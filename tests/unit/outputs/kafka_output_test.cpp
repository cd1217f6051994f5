// Against librdkafka's mock cluster: real sockets and the real protocol, errors on demand. Waiting
// is always for something that must come, never for a time to pass.
#include "outputs/kafka_output.h"

#include <chrono>
#include <map>
#include <poll.h>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "tests/support/fake_filesystem.h"
#include "tests/support/text_chunk.h"

namespace sawlog::outputs {
namespace {

constexpr int16_t kProduceRequest = 0;
constexpr auto kPatience = std::chrono::seconds(20);

struct Received {
  std::string key;
  std::string value;
  std::map<std::string, std::string> headers;
};

class CountingSink final : public DeliverySink {
 public:
  void settled(const LineRange&, const Outcome& outcome) override {
    delivered += outcome.delivered;
    dead_lettered += outcome.dead_lettered;
  }
  void unknown(const LineRange& range) override { unknown_lines += range.line_count; }
  uint64_t delivered = 0;
  uint64_t dead_lettered = 0;
  uint64_t unknown_lines = 0;
};

class KafkaOutputTest : public testing::Test {
 protected:
  // One cluster for all: to end one takes librdkafka a second. Each test has its own topic.
  static void SetUpTestSuite() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    owner_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(owner_, 1);
  }
  static void TearDownTestSuite() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(owner_);
  }

  KafkaOutputTest() {
    options_.topic = testing::UnitTest::GetInstance()->current_test_info()->name();
    EXPECT_EQ(rd_kafka_mock_topic_create(cluster_, options_.topic.c_str(), 1, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    options_.client.brokers = {rd_kafka_mock_cluster_bootstraps(cluster_)};
    options_.client.properties = {{"statistics.interval.ms", "20"},
                                  {"reconnect.backoff.ms", "10"},
                                  {"reconnect.backoff.max.ms", "20"},
                                  {"retry.backoff.ms", "10"},
                                  {"topic.metadata.refresh.fast.interval.ms", "20"},
                                  {"topic.metadata.propagation.max.ms", "50"}};
    options_.batch.age_max_ns = 0;
    options_.retry = {.backoff_min_ns = 1'000'000, .backoff_max_ns = 5'000'000, .attempts_max = 0};
  }
  ~KafkaOutputTest() override {
    output_.reset();
    rd_kafka_mock_broker_set_up(cluster_, 1);
    rd_kafka_mock_clear_request_errors(cluster_, kProduceRequest);
  }

  void make(uint64_t dead_letter_bytes_max = 1u << 20) {
    auto letters = DeadLetters::open(disk_, clock_, {"/dead/kafka", dead_letter_bytes_max, "k"});
    auto made = KafkaOutput::create(clock_, std::move(*letters), options_);
    ASSERT_TRUE(made) << made.error().message;
    output_ = std::move(*made);
  }
  void give(const std::string& text, uint64_t lines) {
    test::TextChunk chunk(text);
    chunk.source.enrich = false;
    chunk.chunk.file.bytes[0] = 0xAB;
    (void)output_->handle(chunk.chunk, Delivery(&sink_, {{}, 0, text.size(), lines}));
  }
  static std::string line(const std::string& message) {
    return R"({"@timestamp":"2026-11-21T07:06:55Z","message":")" + message + "\"}\n";
  }
  void give_numbered(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += line(std::to_string(i));
    give(text, static_cast<uint64_t>(count));
  }
  // Steps like the consumer's thread until the condition holds.
  template <class Condition>
  [[nodiscard]] bool step_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      const Wake wake = output_->step();
      if (condition()) return true;
      if (wake.has_work) continue;
      const int64_t wait_ms = (wake.at_monotonic_ns - clock_.monotonic_ns()) / 1'000'000;
      pollfd ready{output_->wake_fd(), POLLIN, 0};
      (void)poll(&ready, 1, static_cast<int>(std::clamp<int64_t>(wait_ms, 0, 1000)));
    }
    return false;
  }
  [[nodiscard]] bool step_until_settled(uint64_t lines) {
    return step_until([&] { return sink_.delivered + sink_.dead_lettered >= lines; });
  }

  // All that the topic's partition 0 holds.
  std::vector<Received> receive() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    rd_kafka_conf_set(conf, "bootstrap.servers", options_.client.brokers[0].c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", nullptr, 0);
    rd_kafka_t* const consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    rd_kafka_topic_t* const topic = rd_kafka_topic_new(consumer, options_.topic.c_str(), nullptr);
    int64_t begin = -1;
    int64_t end = -1;
    EXPECT_EQ(
        rd_kafka_query_watermark_offsets(consumer, options_.topic.c_str(), 0, &begin, &end, 20'000),
        RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING), 0);
    std::vector<Received> all;
    while (all.size() < static_cast<size_t>(end)) {
      rd_kafka_message_t* const message = rd_kafka_consume(topic, 0, 20'000);
      if (message == nullptr) break;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) all.push_back(received(message));
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consume_stop(topic, 0);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(consumer);
    return all;
  }
  static Received received(rd_kafka_message_t* message) {
    Received result{{static_cast<const char*>(message->key), message->key_len},
                    {static_cast<const char*>(message->payload), message->len},
                    {}};
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      for (size_t i = 0;
           rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
           ++i) {
        result.headers[name] = std::string(static_cast<const char*>(value), size);
      }
    }
    return result;
  }
  void expect_numbered(int count) {
    const auto all = receive();
    ASSERT_EQ(all.size(), static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(all[static_cast<size_t>(i)].value + "\n", line(std::to_string(i)));
    }
  }

  base::SystemClock clock_;
  tests::FakeFilesystem disk_{clock_};
  static inline rd_kafka_t* owner_ = nullptr;
  static inline rd_kafka_mock_cluster_t* cluster_ = nullptr;
  KafkaOptions options_;
  CountingSink sink_;
  std::unique_ptr<KafkaOutput> output_;
};

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
  rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 2,
                                    RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
                                    RD_KAFKA_RESP_ERR_POLICY_VIOLATION);
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
  bool was_paused = false;
  ASSERT_TRUE(step_until([&] {
    was_paused = was_paused || output_->health().state == Health::State::kPaused;
    return sink_.delivered >= 20;
  }));
  EXPECT_TRUE(was_paused);
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
