// Lines to Kafka: one message for each, produced by an idempotent librdkafka producer.
//
// A message: value = the shipped line; key = a field, or the file (its FileId in hex), so that all
// lines of a file share a partition and keep their order; headers log.record.uid, log.file.path,
// content-type, and traceparent where the record belongs to a trace. The message's own time is that
// of sending: with the record's, a topic's retention would delete an old backlog on arrival, and
// brokers refuse times far from theirs.
//
// Life of a message: framed by handle() → in flight (step() gave it to librdkafka) → delivered, or
// set aside (dead letters), or to be sent again. A delivery is settled when each of its messages is
// one of the first two.
//
// Invariants:
//   * messages are given to librdkafka in the order of their lines; while any is to be sent again
//     nothing new is given, and the repetition begins when nothing is in flight any more: so the
//     order within a key is kept except around lines that the broker refuses;
//   * a refusal may be meant for a neighbour in the same batch: refused messages are sent again in
//     bursts of half as many, with nothing beside them; what is refused alone goes to the dead
//     letters;
//   * whatever Kafka's state, nothing is given up, unless retry.attempts_max says so;
//   * the framed bytes stay until the delivery is settled: librdkafka reads them where they are.
//
// exactly_once is what an idempotent producer gives: no message twice by a repetition inside
// librdkafka; a crash of the agent repeats what was in flight. Transactions will hang on the same
// places: the sequence number is the state that save_state() gives, and step() is where a
// transaction begins and commits.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "outputs/dead_letters.h"
#include "outputs/kafka_client.h"
#include "outputs/kafka_framer.h"
#include "outputs/kafka_repetition.h"
#include "outputs/output.h"
#include "outputs/output_options.h"
#include "outputs/retry.h"
#include "parsers/line_writer.h"

namespace sawlog::outputs {

struct KafkaOptions {
  std::string topic = "logs";  // outputs/kafka_topic.h
  std::string key_field;       // "": the file
  KafkaClientOptions client;
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
  [[nodiscard]] bool wants_more() const override;
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override;
  void drain() override;
  [[nodiscard]] std::string save_state(SaveKind) override { return ""; }
  [[nodiscard]] int64_t save_delay_ns() const override;
  [[nodiscard]] int wake_fd() const override;
  [[nodiscard]] Health health() const override;
  [[nodiscard]] OutputCounters counters() const override;
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override;
  [[nodiscard]] size_t memory_bytes() const override;

 private:
  using Message = KafkaFramedMessage;

  // One that is on its way to the dead letters.
  struct Refused {
    Message* message;
    std::string type;
    std::string text;
  };

  KafkaOutput(const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters,
              KafkaOptions options, KafkaTopic topic, int wake_fd);

  [[nodiscard]] base::Expected<void> make_client();
  void replace_fatal_client(int64_t now);
  void take_reports(int64_t now);
  void take_report(const KafkaReport& report);
  void take_failure(Message& message, const KafkaReport& report);
  void set_aside(Message& message, std::string_view type, std::string_view text);
  void write_dead_letters(int64_t now);
  void finish(Message& message);
  void release_settled();

  void produce_due(int64_t now);
  void produce_repetition(int64_t now);
  void produce_burst(int64_t now);
  void produce_new(int64_t now);
  [[nodiscard]] bool is_new_due(int64_t now) const;
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool produce(Message& message, int64_t now);
  [[nodiscard]] Wake next_wake(int64_t now) const;

  const base::Clock& clock_;
  const KafkaOptions options_;
  const std::unique_ptr<DeadLetters> dead_letters_;
  const int wake_fd_;
  KafkaFramer framer_;
  // Oldest first. Messages point to their chunk and librdkafka to the bytes: they stay where they
  // are.
  std::deque<std::unique_ptr<KafkaFramedChunk>> chunks_;
  uint64_t chunks_handled_ = 0;
  size_t held_bytes_ = 0;  // of chunks_
  size_t chunk_bytes_max_ = 0;

  std::unique_ptr<KafkaClient> client_;  // after what it reads: destroyed before it
  size_t client_topics_ = 0;             // of framer_.topics() that client_ knows
  bool is_replacing_client_ = false;
  int64_t replace_at_ns_ = 0;
  std::vector<KafkaReport> reports_;

  // What was framed and never given to librdkafka: from this message of this chunk on.
  size_t next_chunk_ = 0;
  size_t next_message_ = 0;
  size_t waiting_bytes_ = 0;
  int64_t waiting_since_ns_ = 0;
  bool is_draining_ = false;

  size_t in_flight_messages_ = 0;
  size_t in_flight_bytes_ = 0;
  int64_t progress_ns_ = 0;  // the last report, or the first message in flight after none
  KafkaRepetition repetition_;
  int64_t repeat_at_ns_ = 0;
  Backoff backoff_;

  std::vector<Refused> refused_;  // not yet durable in the dead letters
  int64_t dead_letters_at_ns_ = 0;
  Backoff dead_letters_backoff_;

  Health trouble_;  // from reports; until the next message that arrives
  Health dead_letters_trouble_;
  bool is_stalled_ = false;
  OutputCounters counters_;  // of the clients before client_, and the retries
};

}  // namespace sawlog::outputs
