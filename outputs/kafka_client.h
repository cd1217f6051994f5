// One librdkafka producer: idempotent, never giving a message up by itself, without callbacks and
// without waiting.
//
// Invariants:
//   * enable.idempotence and acks=all always; message.timeout.ms=0: librdkafka keeps a message over
//     broker restarts, leader changes and cut connections until the broker has it; what it reports
//     as failed is decided by the caller (KafkaVerdict);
//   * each message that produce() took comes back exactly once from poll(), also after purge();
//   * key, payload and the header's values of a message must live until its report or the
//     destructor: the payload is not copied;
//   * with a transactional id: messages are given between begin() and the answer to a commit or an
//     abort. The calls that wait for brokers run on a thread of this client's, one at a time, each
//     for a bounded time (kCallSeconds); where librdkafka can go on with one, the answer is kAgain;
//   * the destructor waits for a call that is under way, then asks librdkafka to forget what is
//     queued and in flight, so it takes as long as its threads need to notice: milliseconds, or the
//     rest of a DNS look-up that is under way.
//
// Single-threaded, like the output that owns it (librdkafka's own threads stay behind its queues).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "outputs/kafka_call.h"
#include "outputs/kafka_properties.h"
#include "outputs/output.h"

namespace sawlog::outputs {

// What a report means for the message.
enum class KafkaVerdict : uint8_t {
  kDelivered,     // all in-sync replicas have it
  kRefused,       // this message will never be taken
  kBatchRefused,  // the broker does not want it, or another one in the same batch
  kPurged,        // given back, for a reason that lies elsewhere
  kRetry,         // nothing wrong with it: to be sent again later
  kOperator,      // rights, an unknown topic, anything unknown: the same, but somebody must act
};

struct KafkaReport {
  void* message = nullptr;  // what produce() was given
  KafkaVerdict verdict = KafkaVerdict::kDelivered;
  std::string_view type;  // librdkafka's name, "MSG_SIZE_TOO_LARGE"; static
  std::string_view text;  // "Broker: Message size too large"; static
};

struct KafkaHeader {
  std::string_view name;
  std::string_view value;
};

struct KafkaMessage {
  size_t topic = 0;  // from add_topic()
  std::string_view key;
  std::string_view payload;
  std::span<const KafkaHeader> headers;
  void* message = nullptr;  // comes back in the report
};

class KafkaClient {
 public:
  static constexpr int kCallSeconds = 2;

  // wake_fd: an eventfd of the caller's, which becomes readable when poll() has something.
  // kInvalid: a property that librdkafka does not know or does not like, with its words.
  [[nodiscard]] static base::Expected<std::unique_ptr<KafkaClient>> create(
      const KafkaClientOptions& options, int wake_fd);
  // create() would succeed. Connects to nothing.
  [[nodiscard]] static base::Expected<void> check(const KafkaClientOptions& options);
  ~KafkaClient();

  // Index of a topic for KafkaMessage; a name is to be added once.
  [[nodiscard]] size_t add_topic(const std::string& name);

  // true: taken. A message that librdkafka refuses at once (too large) is taken, too, and reported
  // by the next poll(). false: the queue is full, again after some reports.
  [[nodiscard]] bool produce(const KafkaMessage& message);

  // Appends the reports that have come; renews connection() and is_fatal(). Empties wake_fd.
  void poll(std::vector<KafkaReport>& reports);

  // Whether poll() has something that wake_fd does not tell: refusals by produce().
  [[nodiscard]] bool has_reports() const;

  // Everything queued and in flight comes back as kPurged by poll(); what was in flight may have
  // arrived.
  void purge();

  // Whether any broker can be reached, and if not, why (kPaused: authentication, certificates).
  [[nodiscard]] const Health& connection() const;
  // librdkafka gave the producer up (connection() says why): purge(), then make a new one.
  [[nodiscard]] bool is_fatal() const;
  // Opens a transaction. Asks no broker.
  [[nodiscard]] base::Expected<void> begin();
  // One at a time; its end makes wake_fd readable.
  void start_call(const KafkaCall& call);
  [[nodiscard]] bool is_calling() const;
  [[nodiscard]] std::optional<KafkaAnswer> take_answer();
  // Why librdkafka gave the transaction up, or the whole producer: kFailed, kFenced or kOperator.
  [[nodiscard]] KafkaAnswer failure() const;

  // As of the last second: on the wire, after compression.
  [[nodiscard]] uint64_t sent_bytes() const;
  [[nodiscard]] uint64_t requests() const;

 private:
  class Implementation;
  explicit KafkaClient(std::unique_ptr<Implementation> implementation);
  [[nodiscard]] static base::Expected<std::unique_ptr<KafkaClient>> make(
      const KafkaClientOptions& options, int wake_fd, bool connects);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::outputs
