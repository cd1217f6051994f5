// `sawlog check --connect` for Kafka.
#pragma once

#include "outputs/kafka_output.h"
#include "outputs/probe.h"

namespace sawlog::outputs {

// Whether a broker lets us in, and whether the topic is there. Blocks for kProbeTimeoutNs at most;
// makes no topic and opens no transaction, so a running agent with the same id is not disturbed.
[[nodiscard]] Probe probe_kafka(const KafkaOptions& options);

}  // namespace sawlog::outputs
