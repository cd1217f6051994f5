// The calls of librdkafka that wait for brokers: what a transaction needs of them
// (outputs/kafka_transaction.h), and what comes back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sawlog::outputs {

// The number of a transaction, and the topic in whose partition 0 it is committed as an offset of
// our group. A topic that the transaction writes to: it is there, and we may use it.
struct KafkaMark {
  uint64_t number = 0;
  std::string topic;
  bool operator==(const KafkaMark&) const = default;
};

struct KafkaCall {
  enum class Kind : uint8_t {
    kInit,        // init_transactions: fences an older self, ends its transaction
    kAsk,         // which numbers are committed, one for each of topics
    kSendNumber,  // send_offsets_to_transaction
    kCommit,
    kAbort,
  };
  Kind kind = Kind::kInit;
  std::vector<std::string> topics{};  // of kAsk
  KafkaMark mark{};                   // of kSendNumber
  bool operator==(const KafkaCall&) const = default;
};

struct KafkaAnswer {
  enum class Kind : uint8_t {
    kDone,
    kAgain,     // nothing is decided: the same call again
    kFailed,    // what became of it is unknown, or it cannot be done with this producer any more
    kFenced,    // another producer has our transactional id
    kOperator,  // as kFailed, and somebody must act
  };
  static constexpr int64_t kNoNumber = -1;
  Kind kind = Kind::kDone;
  std::string reason{};            // of all but kDone
  std::vector<int64_t> numbers{};  // of kAsk, in the order of topics
};

}  // namespace sawlog::outputs
