// A Kafka output against librdkafka's mock cluster: real sockets and the real protocol, errors on
// demand. Waiting is always for something that must come, never for a time to pass.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <poll.h>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "outputs/kafka_output.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/text_chunk.h"

namespace sawlog::outputs {

inline constexpr int16_t kProduceRequest = 0;
inline constexpr auto kPatience = std::chrono::seconds(20);

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

class KafkaOutputFixture : public testing::Test {
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

  KafkaOutputFixture() {
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
  ~KafkaOutputFixture() override {
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
  // The consumer's part of a transaction; true if there was any.
  bool take_saves() {
    const bool is_saved = output_->wants_save();
    const bool is_concluded =
        output_->conclusion() != Conclusion::kOpen && !options_.client.transactional_id.empty();
    if (is_saved) {
      saved_state_ = output_->save_state(SaveKind::kFull);
      output_->saved();
      ++prepared_;
    }
    if (is_concluded) {
      output_->concluded();
      ++concluded_;
    }
    return is_saved || is_concluded;
  }
  // Steps like the consumer's thread until the condition holds.
  template <class Condition>
  [[nodiscard]] bool step_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      const Wake wake = output_->step();
      if (condition()) return true;
      if (take_saves()) continue;
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
  int prepared_ = 0;         // saves
  int concluded_ = 0;        // of them
  std::string saved_state_;  // with the last prepared save
  std::unique_ptr<KafkaOutput> output_;
};

}  // namespace sawlog::outputs
