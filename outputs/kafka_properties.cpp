#include "outputs/kafka_properties.h"

#include <algorithm>
#include <charconv>

namespace sawlog::outputs {
namespace {

constexpr int64_t kReconnectMsMax = 10'000;

// What Sawlog's promises rest on; not for the operator to change.
constexpr std::string_view kFixedProperties[] = {
    "acks",
    "bootstrap.servers",
    "delivery.report.only.error",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "group.id",
    "group.instance.id",
    "isolation.level",
    "log.queue",
    "message.timeout.ms",
    "metadata.broker.list",
    "request.required.acks",
    "transactional.id",
    "delivery.timeout.ms",
};

std::string_view security_protocol(const KafkaClientOptions& options) {
  const bool has_sasl = !options.sasl.mechanism.empty();
  if (options.use_tls) return has_sasl ? "sasl_ssl" : "ssl";
  return has_sasl ? "sasl_plaintext" : "plaintext";
}

void add_if_given(std::string_view name, const std::string& value, KafkaProperties& properties) {
  if (!value.empty()) properties.emplace_back(name, value);
}

KafkaProperties connection_properties(const KafkaClientOptions& options) {
  std::string brokers;
  for (const std::string& broker : options.brokers) {
    brokers += (brokers.empty() ? "" : ",") + broker;
  }
  // An attempt costs next to nothing, so a broker that is back is found soon.
  const int64_t reconnect_ms =
      std::clamp<int64_t>(options.reconnect_delay_max_ns / 1'000'000, 100, kReconnectMsMax);
  KafkaProperties properties = {
      {"bootstrap.servers", brokers},
      {"client.id", "sawlog"},
      {"reconnect.backoff.max.ms", std::to_string(reconnect_ms)},
      {"socket.keepalive.enable", "true"},
      {"security.protocol", std::string(security_protocol(options))},
  };
  add_if_given("sasl.mechanism", options.sasl.mechanism, properties);
  add_if_given("sasl.username", options.sasl.username, properties);
  add_if_given("sasl.password", options.sasl.password, properties);
  add_if_given("ssl.ca.location", options.tls.ca_path, properties);
  add_if_given("ssl.certificate.location", options.tls.cert_path, properties);
  add_if_given("ssl.key.location", options.tls.key_path, properties);
  if (!options.tls.verify) properties.emplace_back("enable.ssl.certificate.verification", "false");
  return properties;
}

base::Expected<void> check_properties(const KafkaClientOptions& options) {
  if (options.brokers.empty()) {
    return base::unexpected(base::ErrorCode::kInvalid, "cannot use Kafka: no brokers are given");
  }
  for (const auto& [name, value] : options.properties) {
    if (std::find(std::begin(kFixedProperties), std::end(kFixedProperties), name) !=
        std::end(kFixedProperties)) {
      return base::unexpected(base::ErrorCode::kInvalid,
                              "cannot set librdkafka property '" + name +
                                  "': delivery rests on Sawlog's own value of it");
    }
  }
  return {};
}

}  // namespace

bool KafkaClientOptions::wants_debug() const {
  return std::any_of(properties.begin(), properties.end(),
                     [](const auto& property) { return property.first == "debug"; });
}

int64_t transaction_timeout_ns(const KafkaClientOptions& options) {
  int64_t timeout_ms = kTransactionTimeoutMsDefault;
  for (const auto& [name, value] : options.properties) {
    if (name != "transaction.timeout.ms") continue;
    std::from_chars(value.data(), value.data() + value.size(), timeout_ms);
  }
  return timeout_ms * 1'000'000;
}

base::Expected<KafkaProperties> kafka_properties(const KafkaClientOptions& options) {
  if (auto checked = check_properties(options); !checked) {
    return tl::unexpected(checked.error());
  }
  KafkaProperties properties = connection_properties(options);
  const KafkaProperties own = {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"message.timeout.ms", "0"},  // for ever
      {"compression.codec", "zstd"},
      {"compression.level", "1"},
      {"partitioner", "murmur2_random"},  // a key lands where Java producers put it
      // The output has its own batch age; this is only what it takes to hand a batch over.
      {"linger.ms", "5"},
      {"batch.num.messages", "1000000"},  // so that batch.size (1 MB) decides
      // The output holds less than this on its own account.
      {"queue.buffering.max.messages", "10000000"},
      {"queue.buffering.max.kbytes", "2097151"},
      // A topic that is not there is reported after this time, and asked for again.
      {"topic.metadata.propagation.max.ms", "5000"},
      {"statistics.interval.ms", "1000"},
  };
  properties.insert(properties.end(), own.begin(), own.end());
  if (!options.transactional_id.empty()) {
    properties.emplace_back("transactional.id", options.transactional_id);
    properties.emplace_back("transaction.timeout.ms", std::to_string(kTransactionTimeoutMsDefault));
  }
  properties.insert(properties.end(), options.properties.begin(), options.properties.end());
  return properties;
}

base::Expected<KafkaProperties> kafka_reader_properties(const KafkaClientOptions& options,
                                                        const std::string& group) {
  if (auto checked = check_properties(options); !checked) {
    return tl::unexpected(checked.error());
  }
  KafkaProperties properties = connection_properties(options);
  properties.insert(properties.end(), options.properties.begin(), options.properties.end());
  properties.emplace_back("group.id", group);
  properties.emplace_back("enable.auto.commit", "false");
  properties.emplace_back("isolation.level", "read_committed");
  return properties;
}

}  // namespace sawlog::outputs
