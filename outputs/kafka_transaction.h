// exactly_once on Kafka: which transaction there is, what it waits for, and what became of it.
// Knows no client and no line: kafka_output.h makes the calls that next_call() names, tells their
// answers, and does with its messages what outcome() says. So a test can stop it anywhere.
//
//               ┌──────────────────────── kBroken ◀── a failure, anywhere: start() with a new
//               ▼                                      producer
//   kStarting ──▶ kAsking ──▶ kReady ──▶ kOpen ──▶ kPreparing ──▶ kSendingNumber ──▶ kCommitting
//     init_         which       ▲  begin()  │ complete()  prepared()  send_offsets_to_  commit_
//     transactions  number?     │           │ abort()    (checkpoint)   transaction     transaction
//                               ├──── kAborting                                          │
//                               └────────────────────────────────────────────────────────┘
//   kFenced: another producer has our transactional id. For good.
//
// Who commits what: messages and the transaction's number (an offset of the group
// "sawlog.<agent id>.<output>") become visible together. Before that is asked for, the consumer's
// checkpoint durably holds {number, cursors, ledger} as a prepared save; so whatever happens, the
// committed number says whether the prepared save counts:
//
//   the agent dies …                          Kafka, after init              number   so
//   before the save is prepared               aborted                        old      sent again
//   prepared, commit not asked for            aborted                        old      sent again
//   commit asked for, not decided             aborted                        old      sent again
//   decided, answer not heard                 committed                      new      concluded
//   answer heard, conclusion not durable      committed                      new      concluded
//   concluded                                 committed                      new      nothing open
//
// An error whose meaning is not certain is treated as a crash of the producer alone: a new one,
// init_transactions, the number. There is one way back, and it is the one that a kill -9 takes.
//
// Invariants:
//   * at most one transaction and one call at a time; a number is committed once, and rises;
//   * commit is asked for only with the save prepared and the number sent in the same transaction;
//   * from complete() on every save is a prepared one until the transaction is committed, also when
//     the producer fails in between;
//   * a transaction that is given again after its save was prepared has the same messages and the
//     same number;
//   * nothing new begins while it is open what a prepared save of a crash is worth.
//
// A producer whose transaction was open longer than transaction.timeout.ms is fenced by the broker
// itself, as by another producer. So being fenced later than that (by any clock: a host may have
// been asleep) is a failure as any other; who really shares the id is fenced by us then, at once,
// and stops. (KIP-98, KIP-360, KIP-447)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outputs/kafka_call.h"
#include "outputs/output.h"

namespace sawlog::outputs {

struct KafkaNow {
  int64_t monotonic_ns = 0;
  int64_t unix_ns = 0;
};

class KafkaTransaction {
 public:
  enum class Phase : uint8_t {
    kStarting,
    kAsking,
    kReady,
    kOpen,       // messages go out and are acknowledged
    kPreparing,  // all are; the consumer prepares its save
    kSendingNumber,
    kCommitting,
    kAborting,
    kBroken,
    kFenced,
  };
  // What became of the messages of the last transaction.
  enum class Outcome : uint8_t { kNone, kCommitted, kLost };

  // name: of the transactional id and the group, for messages.
  KafkaTransaction(std::string name, int64_t timeout_ns)
      : name_(std::move(name)), timeout_ns_(timeout_ns) {}

  // What state() gave with the last save that counts, and with one that a crash left prepared.
  // A state that is not one of ours says nothing.
  void restore(const std::string& state);
  void restore_prepared(const std::string& state);
  // For the save that comes.
  [[nodiscard]] std::string state() const;

  [[nodiscard]] Phase phase() const { return phase_; }
  // What is to be called now, if nothing is being called; at call_at_ns() at the earliest.
  [[nodiscard]] std::optional<KafkaCall> next_call() const;
  [[nodiscard]] int64_t call_at_ns() const { return call_at_ns_; }
  void take_answer(const KafkaAnswer& answer, KafkaNow now);

  void start(KafkaNow now);  // from kBroken: there is a new producer
  void begin(KafkaNow now);  // from kReady
  // From kOpen: every message is acknowledged; topic: of one of them.
  void complete(const std::string& topic, KafkaNow now);
  // What complete() was for is settled, and its save was not prepared yet: the next one has to be.
  [[nodiscard]] bool needs_prepared_save() const { return needs_prepared_save_; }
  void prepared(KafkaNow now);  // it is durable
  // There is a prepared save, so the messages have to be given again, all of them.
  [[nodiscard]] bool has_mark() const { return mark_.has_value(); }
  // From kOpen: what was sent is not to count.
  void abort(KafkaNow now);
  // A failure that no call told: of a message, or of the producer.
  void fail(const KafkaAnswer& failure, KafkaNow now);

  // Told once.
  [[nodiscard]] Outcome take_outcome() { return std::exchange(outcome_, Outcome::kNone); }
  // Output::conclusion(), concluded().
  [[nodiscard]] Conclusion conclusion() const { return conclusion_; }
  void concluded();
  // It is not known yet what a save is worth that a crash left prepared, or that is not durable.
  [[nodiscard]] bool is_left_prepared() const { return is_left_prepared_; }

  [[nodiscard]] const Health& trouble() const { return trouble_; }
  // What a person must know: a number that was forgotten, or is not ours.
  [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  void enter(Phase phase, KafkaNow now);
  void take_done(const KafkaAnswer& answer, KafkaNow now);
  void take_numbers(const std::vector<int64_t>& numbers, KafkaNow now);
  void report_numbers(bool holds, int64_t last_number, int64_t mark_number);
  void commit_held();
  [[nodiscard]] bool is_timed_out(KafkaNow now) const;
  [[nodiscard]] std::vector<std::string> topics_to_ask() const;

  const std::string name_;
  const int64_t timeout_ns_;
  Phase phase_ = Phase::kStarting;
  KafkaMark last_;                 // committed and known to be; number 0: none
  std::optional<KafkaMark> mark_;  // of the prepared save, from complete() on
  uint64_t number_max_ = 0;        // that Kafka or we have seen
  bool needs_prepared_save_ = false;
  bool is_left_prepared_ = false;
  bool has_messages_ = false;  // of a transaction whose outcome was not told
  Outcome outcome_ = Outcome::kNone;
  Conclusion conclusion_ = Conclusion::kOpen;
  KafkaNow begun_;
  int64_t phase_since_ns_ = 0;
  int64_t call_at_ns_ = 0;
  Health trouble_;
  std::vector<std::string> notices_;
};

}  // namespace sawlog::outputs
