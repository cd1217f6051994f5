// The messages of a Kafka output between handle() and what the brokers say of them: in which order
// they go, what each report means, which go again, and which go to the dead letters.
//
// Life of a message: framed → in flight (the client has it) → delivered, or set aside (dead
// letters), or to be sent again.
//
// Two ways of settling:
//   * each chunk by itself, as soon as all its messages are delivered or set aside (an idempotent
//     producer);
//   * transactions: the chunks that were begun are the transaction's; when it is_answered(), its
//     owner settles them, and releases them when it is committed. Where a message failed, nothing
//     of it counts, and all of it is given again: give_again().
//
// Invariants:
//   * messages go in the order of their lines; while any is to be sent again nothing new goes, and
//     the repetition begins when nothing is in flight any more: so the order within a key is kept
//     except around lines that the broker refuses;
//   * a refusal may be meant for a neighbour in the same batch (kafka_repetition.h); what is
//     refused alone goes to the dead letters;
//   * nothing is given up, unless retry.attempts_max says so;
//   * the framed bytes stay until the chunk is settled, in a transaction until it is released:
//     librdkafka reads them where they are.
// Single-threaded: the consumer's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "outputs/dead_letters.h"
#include "outputs/kafka_client.h"
#include "outputs/kafka_framer.h"
#include "outputs/kafka_repetition.h"
#include "outputs/output.h"
#include "outputs/output_options.h"
#include "outputs/retry.h"

namespace sawlog::outputs {

struct KafkaSenderOptions {
  BatchOptions batch;
  RetryOptions retry;
  uint64_t retry_seed = 0;
  bool uses_transactions = false;
};

class KafkaSender {
 public:
  enum class Failure : uint8_t {
    kNone,
    kRefused,  // for what is in the messages: the producer is as good as before
    kFailed,
  };

  // clock must outlive the sender.
  KafkaSender(const base::Clock& clock, std::unique_ptr<DeadLetters> dead_letters,
              const KafkaSenderOptions& options);

  void add(std::unique_ptr<KafkaFramedChunk> chunk);
  void drain() { is_draining_ = true; }
  [[nodiscard]] bool wants_more() const;
  // New messages are enough, or old enough, to go.
  [[nodiscard]] bool is_due(int64_t now) const;
  [[nodiscard]] bool has_new() const { return waiting_bytes_ > 0; }

  void take_reports(KafkaClient& client, const std::vector<std::string>& topics, int64_t now);
  // Gives the client what is due; topics: all that the messages name.
  void give(KafkaClient& client, const std::vector<std::string>& topics, int64_t now);
  void write_dead_letters(int64_t now);
  void release_settled();
  // The client that has none of the topics is another one.
  void forget_topics() { client_topics_ = 0; }

  [[nodiscard]] bool has_in_flight() const { return in_flight_messages_ > 0; }
  [[nodiscard]] Wake next_wake(int64_t now) const;
  [[nodiscard]] Health health(int64_t now) const;
  // What the reports say: until a message, with transactions all of one's, has arrived.
  [[nodiscard]] const Health& trouble() const { return trouble_; }
  [[nodiscard]] uint64_t retries() const { return retries_; }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const;
  [[nodiscard]] size_t memory_bytes() const;

  // --- transactions ----------------------------------------------------------------------------

  [[nodiscard]] bool has_open() const { return open_chunks_ > 0; }
  // Whether every message of the open chunks is delivered or set aside, all of them were given.
  [[nodiscard]] bool is_answered() const;
  [[nodiscard]] Failure failure() const;
  // The topic of the first message of the open chunks that was delivered.
  static constexpr size_t kNoTopic = SIZE_MAX;
  [[nodiscard]] size_t delivered_topic() const;
  void settle_open();
  void release_open();
  // Nothing of the open chunks has arrived or will. When nothing is in flight.
  void give_again();

 private:
  using Message = KafkaFramedMessage;

  // One that is on its way to the dead letters.
  struct Refused {
    Message* message;
    std::string type;
    std::string text;
  };

  void take_report(const KafkaReport& report, const std::vector<std::string>& topics);
  void take_delivered(Message& message);
  void take_refused(Message& message, const KafkaReport& report);
  void take_failed(Message& message, const KafkaReport& report,
                   const std::vector<std::string>& topics);
  void take_back(Message& message, bool needs_delay);
  void take_success();
  void set_aside(Message& message, std::string_view type, std::string_view text);
  void finish(Message& message);

  void give_repetition(KafkaClient& client, int64_t now);
  void give_new(KafkaClient& client, int64_t now);
  [[nodiscard]] bool give_chunk(KafkaClient& client, KafkaFramedChunk& chunk, int64_t now);
  [[nodiscard]] bool may_open_another(int64_t now) const;
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool produce(KafkaClient& client, Message& message, int64_t now);
  [[nodiscard]] bool is_stalled(int64_t now) const;

  const base::Clock& clock_;
  const KafkaSenderOptions options_;
  const std::unique_ptr<DeadLetters> dead_letters_;
  // Oldest first. Messages point to their chunk and librdkafka to the bytes: they stay where they
  // are.
  std::deque<std::unique_ptr<KafkaFramedChunk>> chunks_;
  uint64_t chunks_added_ = 0;
  size_t held_bytes_ = 0;  // of chunks_
  size_t chunk_bytes_max_ = 0;

  // What was framed and never given: from this message of this chunk on.
  size_t next_chunk_ = 0;
  size_t next_message_ = 0;
  size_t waiting_bytes_ = 0;
  int64_t waiting_since_ns_ = 0;
  bool is_draining_ = false;

  size_t client_topics_ = 0;  // that the client knows
  size_t in_flight_messages_ = 0;
  size_t in_flight_bytes_ = 0;
  int64_t progress_ns_ = 0;  // the last report, or the first message in flight after none
  std::vector<KafkaReport> reports_;
  KafkaRepetition repetition_;
  int64_t repeat_at_ns_ = 0;
  Backoff backoff_;

  size_t open_chunks_ = 0;  // of a transaction: the first ones of chunks_
  size_t open_bytes_ = 0;
  int64_t open_since_ns_ = 0;
  bool has_refused_ = false;  // of the transaction's messages
  bool has_purged_ = false;
  bool has_failed_ = false;

  std::vector<Refused> refused_;  // not yet durable in the dead letters
  int64_t dead_letters_at_ns_ = 0;
  Backoff dead_letters_backoff_;

  Health trouble_;  // from reports; until the next message that arrives
  Health dead_letters_trouble_;
  uint64_t retries_ = 0;
};

}  // namespace sawlog::outputs
