#include "outputs/kafka_framer.h"

#include <gtest/gtest.h>

#include "outputs/kafka_properties.h"
#include "tests/support/text_chunk.h"

namespace sawlog::outputs {
namespace {

class IgnoringSink final : public DeliverySink {
 public:
  void settled(const LineRange&, const Outcome&) override {}
  void unknown(const LineRange&) override {}
};

std::unique_ptr<KafkaFramedChunk> frame(KafkaFramer& framer, const std::string& text,
                                        Handled* handled = nullptr) {
  static IgnoringSink sink;
  test::TextChunk chunk(text);
  chunk.source.enrich = false;
  Handled ignored;
  return framer.frame(chunk.chunk, Delivery(&sink, {{}, 0, text.size(), chunk.chunk.lines.size()}),
                      handled != nullptr ? *handled : ignored);
}

KafkaFramer make_framer(std::string_view topic = "logs", const std::string& key = "") {
  return {*KafkaTopic::parse(topic), key, {}};
}

TEST(KafkaTopic, Template) {
  const auto check = [](std::string_view pattern, const std::vector<std::string_view>& values,
                        std::string_view want) {
    const auto topic = KafkaTopic::parse(pattern);
    ASSERT_TRUE(topic) << topic.error().message;
    ASSERT_EQ(topic->fields().size(), values.size());
    std::string name = "from before";
    topic->assign(values, name);
    EXPECT_EQ(name, want);
  };
  check("logs", {}, "logs");
  check("logs.{service.name}", {"checkout"}, "logs.checkout");
  check("{a}{b}", {"x", "y"}, "xy");
  check("{a}-{b}-end", {"x", "y"}, "x-y-end");
  check("logs.{a}", {""}, "logs.unknown");
  check("logs.{a}", {"a b/c\xC3\xA4"}, "logs.a_b_c__");
  check("{a}", {"."}, "_");
  check("{a}", {".."}, "_");
  check("{a}", {std::string(300, 'x')}, std::string(249, 'x'));
}

TEST(KafkaTopic, Refuses) {
  const auto check = [](std::string_view pattern, std::string_view why) {
    const auto topic = KafkaTopic::parse(pattern);
    ASSERT_FALSE(topic) << pattern;
    EXPECT_EQ(topic.error().code, base::ErrorCode::kInvalid);
    EXPECT_NE(topic.error().message.find(why), std::string::npos) << topic.error().message;
  };
  check("", "empty");
  check("logs.{a", "no '}'");
  check("logs.{a{b}", "no '}'");
  check("logs.{}", "names no field");
  check("my logs", "consists of");
  check("a}", "consists of");
  check(".", "does not allow");
  check("..", "does not allow");
  check(std::string(250, 'x'), "249");
}

TEST(KafkaProperties, WhatDeliveryRestsOn) {
  KafkaClientOptions options;
  EXPECT_FALSE(kafka_properties(options)) << "no brokers";
  options.brokers = {"a:1", "b:2"};
  options.properties = {{"linger.ms", "50"}};
  const auto last = [&](std::string_view name) {
    std::string value;
    const auto properties = kafka_properties(options);
    for (const auto& [each, text] : *properties) {
      if (each == name) value = text;
    }
    return value;
  };
  EXPECT_EQ(last("bootstrap.servers"), "a:1,b:2");
  EXPECT_EQ(last("enable.idempotence"), "true");
  EXPECT_EQ(last("acks"), "all");
  EXPECT_EQ(last("message.timeout.ms"), "0");
  EXPECT_EQ(last("security.protocol"), "plaintext");
  EXPECT_EQ(last("linger.ms"), "50") << "the operator's value counts";
  options.sasl = {"PLAIN", "user", "secret"};
  EXPECT_EQ(last("security.protocol"), "sasl_plaintext");
  options.use_tls = true;
  options.tls.ca_path = "/ca.pem";
  EXPECT_EQ(last("security.protocol"), "sasl_ssl");
  EXPECT_EQ(last("ssl.ca.location"), "/ca.pem");
  EXPECT_EQ(last("sasl.password"), "secret");
  options.tls.verify = false;
  EXPECT_EQ(last("enable.ssl.certificate.verification"), "false");
  for (const char* name :
       {"acks", "enable.idempotence", "message.timeout.ms", "transactional.id"}) {
    options.properties = {{name, "1"}};
    const auto refused = kafka_properties(options);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(name), std::string::npos);
  }
}

TEST(KafkaFramer, FramesEachLine) {
  auto framer = make_framer();
  Handled handled;
  const auto chunk = frame(framer,
                           R"({"@timestamp":"2026-11-21T07:06:55Z","message":"a"})"
                           "\nplain\n",
                           &handled);
  ASSERT_EQ(chunk->messages.size(), 2);
  const KafkaFramedMessage& json = chunk->messages[0];
  EXPECT_EQ(json.payload(), R"({"@timestamp":"2026-11-21T07:06:55Z","message":"a"})");
  EXPECT_EQ(json.record_id(), parsers::RecordId({}, 0, json.payload()).text());
  EXPECT_EQ(json.key(), base::FileId{}.hex());
  EXPECT_EQ(json.traceparent(), "");
  EXPECT_EQ(json.offset, 0);
  const KafkaFramedMessage& text = chunk->messages[1];
  EXPECT_NE(text.payload().find(R"("message":"plain")"), std::string::npos);
  EXPECT_EQ(text.record_id(), parsers::RecordId({}, 52, "plain").text());
  EXPECT_EQ(text.offset, 52);
  EXPECT_EQ(handled.not_json_lines, 1);
  EXPECT_TRUE(handled.used_chunk_time);
  EXPECT_EQ(framer.topics(), std::vector<std::string>{"logs"});
}

TEST(KafkaFramer, KeyAndTopicFromFields) {
  auto framer = make_framer("logs.{service.name}", "tenant.id");
  const auto chunk = frame(framer, R"({"service.name":"a","tenant.id":"t1"})"
                                   "\n"
                                   R"({"service":{"name":"b"},"tenant":{"id":7}})"
                                   "\n"
                                   R"({"tenant.id":""})"
                                   "\n"
                                   R"({"service.name":"a","tenant.id":null})"
                                   "\n");
  ASSERT_EQ(chunk->messages.size(), 4);
  const std::string file = base::FileId{}.hex();
  EXPECT_EQ(chunk->messages[0].key(), "t1");
  EXPECT_EQ(chunk->messages[1].key(), "7");
  EXPECT_EQ(chunk->messages[2].key(), file);
  EXPECT_EQ(chunk->messages[3].key(), file);
  EXPECT_EQ(framer.topics(), (std::vector<std::string>{"logs.a", "logs.b", "logs.unknown"}));
  EXPECT_EQ(chunk->messages[2].topic, 2);
  EXPECT_EQ(chunk->messages[3].topic, 0);
}

TEST(KafkaFramer, TopicsAreBounded) {
  auto framer = make_framer("{id}");
  std::string text;
  for (size_t i = 0; i <= KafkaFramer::kTopicsMax; ++i) {
    text += "{\"id\":\"" + std::to_string(i) + "\"}\n";
  }
  const auto chunk = frame(framer, text + "{\"id\":\"0\"}\n");
  EXPECT_EQ(framer.topics().size(), KafkaFramer::kTopicsMax);
  EXPECT_EQ(chunk->messages[KafkaFramer::kTopicsMax].topic, KafkaFramedMessage::kNoTopic);
  EXPECT_EQ(chunk->messages.back().topic, 0);
}

TEST(KafkaFramer, Traceparent) {
  auto framer = make_framer();
  const auto check = [&](const std::string& fields, std::string_view want) {
    const auto chunk = frame(framer, "{" + fields + "}\n");
    EXPECT_EQ(chunk->messages.at(0).traceparent(), want) << fields;
    EXPECT_EQ(chunk->messages[0].size_bytes(), chunk->text.size());
  };
  const std::string ids =
      R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7")";
  check(ids, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  check(ids + R"(,"trace_flags":"01")", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  check(ids + R"(,"trace_flags":1)", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  check(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")", "");
  check(R"("trace_id":"00000000000000000000000000000000","span_id":"00f067aa0ba902b7")", "");
  check(R"("trace_id":"4BF92F3577B34DA6A3CE929D0E0E4736","span_id":"00f067aa0ba902b7")", "");
  check(R"("trace_id":"x","span_id":"y")", "");
  check("", "");
}

}  // namespace
}  // namespace sawlog::outputs
