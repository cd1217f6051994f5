// An agent that delivers numbers by the protocol of outputs/kafka_transaction.h, and a coordinator
// and a checkpoint that outlive it, all in memory. step() does one thing, so a test can end the
// agent after any.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/base/clock.h"
#include "outputs/kafka_transaction.h"

namespace sawlog::outputs {

constexpr int64_t kTimeoutNs = 60 * base::kNsPerSecond;

// What Kafka knows; outlives the agent.
struct FakeCoordinator {
  std::vector<int> committed;                // messages that a read_committed consumer sees
  std::map<std::string, int64_t> numbers{};  // by topic
  std::vector<int> open{};                   // messages of the transaction that is under way
  std::optional<KafkaMark> sent{};

  void abort() {
    open.clear();
    sent.reset();
  }
  void commit() {
    committed.insert(committed.end(), open.begin(), open.end());
    if (sent) numbers[sent->topic] = static_cast<int64_t>(sent->number);
    abort();
  }
};

// What the checkpoint holds: one save, and perhaps a prepared one.
struct FakeCheckpoint {
  int cursor = 0;
  std::string state;
  std::optional<std::pair<int, std::string>> prepared{};
};

// How the next call of a kind ends: it happened or not, and the answer.
struct Ending {
  bool happens = true;
  KafkaAnswer answer{};
};

// An agent that delivers the messages 0, 1, 2 … in transactions of two, and whatever an answer
// says. The consumer's part of the protocol is in step().
class TransactionRig {
 public:
  TransactionRig(FakeCoordinator& coordinator, FakeCheckpoint& checkpoint)
      : coordinator_(coordinator), checkpoint_(checkpoint), cursor_(checkpoint.cursor) {
    transaction.restore(checkpoint.state);
    if (checkpoint.prepared) transaction.restore_prepared(checkpoint.prepared->second);
  }

  KafkaTransaction transaction{"sawlog.id.out", kTimeoutNs};
  std::function<Ending(const KafkaCall&)> ending = [](const KafkaCall&) { return Ending{}; };
  std::vector<std::string> notices;
  KafkaNow now{.monotonic_ns = 1'000 * base::kNsPerSecond,
               .unix_ns = 1'700'000'000 * base::kNsPerSecond};
  int given = 0;  // messages up to here exist
  std::vector<std::string> trace;

  // One thing; false if there is none to do. A crash may come after any.
  bool step() {
    for (std::string& notice : transaction.take_notices()) notices.push_back(std::move(notice));
    if (conclude() || take_outcome() || save()) return true;
    if (transaction.phase() == KafkaTransaction::Phase::kBroken)
      return done("new producer", [&] { transaction.start(now); });
    if (const auto call = transaction.next_call()) return make(*call);
    if (transaction.phase() == KafkaTransaction::Phase::kReady && cursor_ < given &&
        !transaction.is_left_prepared()) {
      return done("begin", [&] { transaction.begin(now); });
    }
    if (transaction.phase() == KafkaTransaction::Phase::kOpen) return produce_or_complete();
    return false;
  }
  void run(int steps_max = 1000) {
    while (steps_max-- > 0 && step()) {
    }
    ASSERT_GE(steps_max, 0) << "it never ends";
  }

 private:
  template <class Action>
  bool done(const char* what, Action action) {
    trace.emplace_back(what);
    action();
    return true;
  }

  bool conclude() {
    if (!checkpoint_.prepared || transaction.conclusion() == Conclusion::kOpen) return false;
    return done("conclude", [&] {
      if (transaction.conclusion() == Conclusion::kHolds) {
        checkpoint_.cursor = checkpoint_.prepared->first;
        checkpoint_.state = checkpoint_.prepared->second;
        cursor_ = std::max(cursor_, checkpoint_.cursor);
      }
      checkpoint_.prepared.reset();
      transaction.concluded();
    });
  }

  bool take_outcome() {
    switch (transaction.take_outcome()) {
      case KafkaTransaction::Outcome::kNone:
        return false;
      case KafkaTransaction::Outcome::kCommitted:
        return done("release", [&] {
          cursor_ = end_;
          produced_ = end_ = 0;
        });
      case KafkaTransaction::Outcome::kLost:
        return done("give again", [&] { produced_ = 0; });
    }
    return false;
  }

  bool save() {
    if (!transaction.needs_prepared_save()) return false;
    return done("prepare", [&] {
      checkpoint_.prepared = {end_, transaction.state()};
      transaction.prepared(now);
    });
  }

  bool produce_or_complete() {
    if (end_ == 0) end_ = std::min(cursor_ + 2, given);
    if (cursor_ + produced_ < end_) {
      return done("produce", [&] {
        EXPECT_FALSE(transaction.is_left_prepared());
        coordinator_.open.push_back(cursor_ + produced_++);
      });
    }
    if (transaction.conclusion() != Conclusion::kOpen) return false;
    return done("complete", [&] { transaction.complete("logs", now); });
  }

  bool make(const KafkaCall& call) {
    static constexpr const char* kNames[] = {"init", "ask", "send number", "commit", "abort"};
    return done(kNames[static_cast<size_t>(call.kind)], [&] {
      Ending end = ending(call);
      if (call.kind == KafkaCall::Kind::kCommit) {
        EXPECT_TRUE(checkpoint_.prepared) << "committed without a prepared save";
        EXPECT_TRUE(coordinator_.sent || !end.happens) << "committed without its number";
      }
      if (end.happens) happen(call, end.answer);
      now.monotonic_ns = std::max(now.monotonic_ns, transaction.call_at_ns());
      transaction.take_answer(end.answer, now);
    });
  }

  void happen(const KafkaCall& call, KafkaAnswer& answer) {
    switch (call.kind) {
      case KafkaCall::Kind::kInit:
      case KafkaCall::Kind::kAbort:
        coordinator_.abort();
        break;
      case KafkaCall::Kind::kAsk:
        for (const std::string& topic : call.topics) {
          const auto found = coordinator_.numbers.find(topic);
          answer.numbers.push_back(found == coordinator_.numbers.end() ? KafkaAnswer::kNoNumber
                                                                       : found->second);
        }
        break;
      case KafkaCall::Kind::kSendNumber:
        coordinator_.sent = call.mark;
        break;
      case KafkaCall::Kind::kCommit:
        coordinator_.commit();
        break;
    }
  }

  FakeCoordinator& coordinator_;
  FakeCheckpoint& checkpoint_;
  int cursor_;        // delivered up to here
  int produced_ = 0;  // of the transaction
  int end_ = 0;       // of the transaction; 0: none is begun
};

}  // namespace sawlog::outputs
