#include "outputs/kafka_conf.h"

#include <librdkafka/rdkafka.h>

namespace sawlog::outputs {
namespace {

// librdkafka's sentences repeat the value.
bool may_be_secret(const std::string& name) {
  return name.find("password") != std::string::npos || name.find("secret") != std::string::npos ||
         name.find("pem") != std::string::npos || name == "sasl.oauthbearer.config";
}

}  // namespace

void FreeKafkaConf::operator()(rd_kafka_conf_s* conf) const {
  rd_kafka_conf_destroy(conf);
}

base::Expected<KafkaConf> make_kafka_conf(const KafkaProperties& properties) {
  KafkaConf conf(rd_kafka_conf_new());
  bool wants_debug = false;
  for (const auto& [name, value] : properties) {
    char reason[512];
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason, sizeof(reason)) !=
        RD_KAFKA_CONF_OK) {
      return base::unexpected(base::ErrorCode::kInvalid,
                              "cannot set librdkafka property '" + name + "': " +
                                  (may_be_secret(name) ? "the value is not accepted" : reason));
    }
    wants_debug = wants_debug || name == "debug";
  }
  if (!wants_debug) rd_kafka_conf_set_log_cb(conf.get(), nullptr);
  return conf;
}

// Kafka 4 rejects the nonce of older versions (librdkafka issue 4895), and says "invalid
// credentials".
std::string kafka_connection_hint(const KafkaClientOptions& options) {
  constexpr int kFirstFixed = 0x020601ff;
  if (!options.sasl.mechanism.starts_with("SCRAM") || rd_kafka_version() >= kFirstFixed) return "";
  return std::string("; librdkafka ") + rd_kafka_version_str() +
         " cannot do SCRAM with Kafka 4 (2.6.1 can), PLAIN works";
}

}  // namespace sawlog::outputs
