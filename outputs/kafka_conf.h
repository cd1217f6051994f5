// librdkafka's configuration object, made of our options (outputs/kafka_properties.h).
#pragma once

#include <memory>
#include <string>

#include "lib/base/error.h"
#include "outputs/kafka_properties.h"

struct rd_kafka_conf_s;

namespace sawlog::outputs {

struct FreeKafkaConf {
  void operator()(rd_kafka_conf_s* conf) const;
};
using KafkaConf = std::unique_ptr<rd_kafka_conf_s, FreeKafkaConf>;

// kInvalid: a property that librdkafka does not know or does not like, with its words, but for
// values that may be secret. librdkafka's own log is off unless the property "debug" asks for it.
[[nodiscard]] base::Expected<KafkaConf> make_kafka_conf(const KafkaProperties& properties);

// For whoever looks for the cause of a refused connection; "" if nothing is known to be wrong.
[[nodiscard]] std::string kafka_connection_hint(const KafkaClientOptions& options);

}  // namespace sawlog::outputs
