// Lines to Kafka: one message for each, produced by librdkafka.
//
// A message: value = the shipped line; key = a field, or the file (its FileId in hex), so that all
// lines of a file share a partition and keep their order; headers log.record.uid, log.file.path,
// content-type, and traceparent where the record belongs to a trace. The message's own time is that
// of sending: with the record's, a topic's retention would delete an old backlog on arrival, and
// brokers refuse times far from theirs.
//
// The parts: kafka_framer.h makes messages of lines, kafka_sender.h decides what goes when and what
// a report means, kafka_client.h is one librdkafka producer, and with exactly_once
// kafka_transaction.h says when a transaction begins, commits, and what a failure is worth. Here
// they meet.
//
//   exactly_once   each line once for read_committed consumers, through kill -9 of the agent or of
//                  brokers: transactions, with the consumer's saves prepared before the commit;
//   without        an idempotent producer: no line twice by a repetition inside librdkafka; a crash
//                  of the agent repeats what was in flight.
//
// Invariants: those of the parts; and a producer that cannot go on is replaced when it has given
// back what it had, so a message is never in two.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "outputs/dead_letters.h"
#include "outputs/kafka_client.h"
#include "outputs/kafka_framer.h"
#include "outputs/kafka_sender.h"
#include "outputs/kafka_transaction.h"
#include "outputs/output.h"
#include "outputs/output_options.h"
#include "outputs/retry.h"
#include "parsers/line_writer.h"

namespace sawlog::outputs {

struct KafkaOptions {
  std::string topic = "logs";  // outputs/kafka_topic.h
  std::string key_field;       // "": the file
  KafkaClientOptions client;   // with a transactional_id: exactly_once
  BatchOptions batch;
  RetryOptions retry;
  parsers::LineWriterOptions lines;
  uint64_t retry_seed = 0;
};

class KafkaOutput final : public Output {
 public:
  // Connects to nothing yet. kInvalid: the topic, or a property that librdkafka refuses. clock must
  // outlive the result.
  [[nodiscard]] static base::Expected<std::unique_ptr<KafkaOutput>> create(
      const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters, KafkaOptions options);
  // For `sawlog check`: create() would succeed.
  [[nodiscard]] static base::Expected<void> check(const KafkaOptions& options);
  ~KafkaOutput() override;

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override;
  void restore_prepared(const std::string& state) override;
  [[nodiscard]] bool wants_more() const override;
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override;
  void drain() override { sender_.drain(); }
  [[nodiscard]] std::string save_state(SaveKind kind) override;
  void saved() override;
  [[nodiscard]] int64_t save_delay_ns() const override;
  [[nodiscard]] bool wants_save() const override { return saves_are_prepared(); }
  [[nodiscard]] bool saves_are_prepared() const override;
  [[nodiscard]] Conclusion conclusion() const override;
  void concluded() override;
  [[nodiscard]] int wake_fd() const override { return wake_fd_; }
  [[nodiscard]] std::vector<std::string> take_notices() override;
  [[nodiscard]] Health health() const override;
  [[nodiscard]] OutputCounters counters() const override;
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override;
  [[nodiscard]] size_t memory_bytes() const override { return sender_.memory_bytes(); }

 private:
  KafkaOutput(const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters,
              KafkaOptions options, KafkaTopic topic, int wake_fd);

  [[nodiscard]] base::Expected<void> make_client();
  void replace_client(int64_t now);

  void step_transaction(KafkaNow now);
  void take_failures(KafkaNow now);
  void take_outcome();
  void begin_if_due(KafkaNow now);
  void complete_if_answered(KafkaNow now);
  [[nodiscard]] KafkaAnswer failure() const;
  [[nodiscard]] KafkaNow moment() const { return {clock_.monotonic_ns(), clock_.unix_ns()}; }
  [[nodiscard]] Wake next_wake(int64_t now) const;

  const base::Clock& clock_;
  const KafkaOptions options_;
  const int wake_fd_;
  KafkaFramer framer_;
  KafkaSender sender_;                           // before the client, which reads its bytes
  std::optional<KafkaTransaction> transaction_;  // with exactly_once
  std::unique_ptr<KafkaClient> client_;

  bool is_replacing_client_ = false;
  int64_t replace_at_ns_ = 0;
  Backoff replace_backoff_;
  Health client_trouble_;    // while it is replaced
  OutputCounters counters_;  // of the clients before client_
  std::vector<std::string> notices_;
};

}  // namespace sawlog::outputs
