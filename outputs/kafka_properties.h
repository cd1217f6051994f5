// The properties that Sawlog gives librdkafka: what delivery rests on, sensible defaults, and the
// operator's own, which have the last word where nothing rests on them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "outputs/http_transport.h"

namespace sawlog::outputs {

struct KafkaSasl {
  std::string mechanism;  // "" none; PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, …
  std::string username;
  std::string password;
};

struct KafkaClientOptions {
  std::vector<std::string> brokers;  // host:port
  bool use_tls = false;
  TlsOptions tls;
  KafkaSasl sasl;
  // Of a producer with transactions; also the group in which their numbers are committed. "": none.
  std::string transactional_id;
  int64_t reconnect_delay_max_ns = 30'000'000'000;
  // Any property of librdkafka, the last word; those that Sawlog's promises rest on are refused.
  std::vector<std::pair<std::string, std::string>> properties;
  // librdkafka's own log is asked for.
  [[nodiscard]] bool wants_debug() const;
};

constexpr int64_t kTransactionTimeoutMsDefault = 60'000;
// The operator's transaction.timeout.ms, or the default.
[[nodiscard]] int64_t transaction_timeout_ns(const KafkaClientOptions& options);

using KafkaProperties = std::vector<std::pair<std::string, std::string>>;

// In the order in which they are to be set; a name may come twice. kInvalid: no brokers, or a
// property of the operator's that is not to be changed.
[[nodiscard]] base::Expected<KafkaProperties> kafka_properties(const KafkaClientOptions& options);
// Of a consumer in a group: the connection's and the operator's, but for what only producers have.
[[nodiscard]] base::Expected<KafkaProperties> kafka_reader_properties(
    const KafkaClientOptions& options, const std::string& group);

}  // namespace sawlog::outputs
