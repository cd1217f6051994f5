#include "outputs/kafka_probe.h"

#include <chrono>
#include <memory>

#include <librdkafka/rdkafka.h>

#include "lib/base/clock.h"
#include "outputs/kafka_conf.h"
#include "outputs/kafka_errors.h"
#include "outputs/kafka_topic.h"

namespace sawlog::outputs {
namespace {

constexpr int kTryMs = 500;
constexpr const char* kGroup = "sawlog.check";  // never joined

struct FreeClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, FreeClient>;

struct FreeMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, FreeMetadata>;

struct FreeTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, FreeTopic>;

// A reader, because a producer's question would make the topic.
base::Expected<Client> make_client(const KafkaClientOptions& options) {
  auto properties = kafka_reader_properties(options, kGroup);
  if (!properties) return tl::unexpected(properties.error());
  auto conf = make_kafka_conf(*properties);
  if (!conf) return tl::unexpected(conf.error());
  rd_kafka_conf_set_events(conf->get(), RD_KAFKA_EVENT_ERROR);
  char reason[512];
  Client client(rd_kafka_new(RD_KAFKA_CONSUMER, conf->get(), reason, sizeof(reason)));
  if (client == nullptr) {
    return base::unexpected(base::ErrorCode::kInvalid,
                            std::string("cannot make a Kafka client: ") + reason);
  }
  (void)conf->release();  // now the client's
  return client;
}

// What the brokers' connections have to say; a refusal stands, other failures may pass.
struct Failures {
  std::string last;
  bool is_refused = false;

  void collect(rd_kafka_t* client) {
    rd_kafka_queue_t* const queue = rd_kafka_queue_get_main(client);
    while (rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, 0)) {
      const rd_kafka_resp_err_t error = rd_kafka_event_error(event);
      if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !is_refused) {
        last = rd_kafka_event_error_string(event);
        is_refused = is_refused_connection(error);
      }
      rd_kafka_event_destroy(event);
    }
    rd_kafka_queue_destroy(queue);
  }
};

std::string count_of(int count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

Probe probe_topic(const rd_kafka_metadata_t& metadata, const std::string& name) {
  const std::string brokers = count_of(metadata.broker_cnt, "broker");
  if (metadata.topic_cnt != 1) {
    return {true, "works: " + brokers + "; the topics come from the lines and were not asked for"};
  }
  const rd_kafka_metadata_topic_t& topic = metadata.topics[0];
  if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {true, "works: " + brokers + "; topic '" + name + "' has " +
                      count_of(topic.partition_cnt, "partition")};
  }
  if (topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
      topic.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
    return {true, "works: " + brokers + "; topic '" + name +
                      "' is not there: the first line makes it where brokers have "
                      "auto.create.topics.enable, elsewhere make it now"};
  }
  const std::string advice = topic.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
                                 ? "; it needs Describe, Write and Read"
                                 : "";
  return {false, "cannot use topic '" + name + "': " + rd_kafka_err2str(topic.err) + advice};
}

std::string shown(const std::vector<std::string>& brokers) {
  std::string text;
  for (const std::string& broker : brokers) text += (text.empty() ? "" : ", ") + broker;
  return text;
}

}  // namespace

Probe probe_kafka(const KafkaOptions& options) {
  auto topic = KafkaTopic::parse(options.topic);
  if (!topic) return {false, topic.error().message};
  auto client = make_client(options.client);
  if (!client) return {false, client.error().message};
  TopicHandle handle;
  if (topic->fields().empty()) {
    handle.reset(rd_kafka_topic_new(client->get(), options.topic.c_str(), nullptr));
  }
  Failures failures;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::nanoseconds(kProbeTimeoutNs);
  while (!failures.is_refused && std::chrono::steady_clock::now() < deadline) {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto error = rd_kafka_metadata(client->get(), 0, handle.get(), &answer, kTryMs);
    const Metadata metadata(answer);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return probe_topic(*metadata, options.topic);
    failures.collect(client->get());
  }
  if (failures.last.empty()) failures.last = "no answer";
  const std::string hint = failures.is_refused ? kafka_connection_hint(options.client) : "";
  return {false, "cannot reach " + shown(options.client.brokers) + ": " + failures.last + hint};
}

}  // namespace sawlog::outputs
