// The transactional calls of one producer, which wait for brokers, on a thread of their own: the
// only thread of an output's, because librdkafka 2.0 has no other way (send_offsets_to_transaction
// cannot be polled). At most one call at a time; it ends within KafkaClient::kCallSeconds.
//
// start(), is_running() and take() belong to the thread of the output's consumer.
#pragma once

#include <memory>
#include <optional>

#include "outputs/kafka_call.h"
#include "outputs/kafka_properties.h"

struct rd_kafka_s;

namespace sawlog::outputs {

class KafkaCalls {
 public:
  // producer outlives this. wake_fd: an eventfd, written to when a call has ended.
  KafkaCalls(rd_kafka_s* producer, KafkaClientOptions options, int wake_fd);
  ~KafkaCalls();  // waits for the call that runs

  void start(const KafkaCall& call);
  // From start() until take() gave its answer.
  [[nodiscard]] bool is_running() const;
  [[nodiscard]] std::optional<KafkaAnswer> take();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::outputs
