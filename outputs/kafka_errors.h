// What librdkafka's error codes (rd_kafka_resp_err_t) mean for us.
#pragma once

#include "outputs/kafka_call.h"
#include "outputs/kafka_client.h"

namespace sawlog::outputs {

// Of the report of a message.
[[nodiscard]] KafkaVerdict kafka_verdict(int code);
// A broker does not let us in: authentication, certificates.
[[nodiscard]] bool is_refused_connection(int code);
// Of a producer or a call that cannot go on: kFailed, kFenced or kOperator.
[[nodiscard]] KafkaAnswer::Kind kafka_failure(int code);

}  // namespace sawlog::outputs
