// Lines as Kafka messages, ready to be produced and, if need be, produced again.
//
// The text of a framed chunk holds for each message, one after the other: payload, record id
// (38 bytes), key (nothing where the file is the key), traceparent (55 bytes or nothing). A Message
// says where each begins. Once framed, a chunk neither moves nor changes but for its messages'
// states.
//
// Not thread-safe. No allocation per record once warm, but for a topic that was not seen before.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "outputs/delivery.h"
#include "outputs/kafka_topic.h"
#include "outputs/output.h"
#include "parsers/chunk.h"
#include "parsers/line_writer.h"
#include "parsers/record_id.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

struct KafkaFramedChunk;

enum class KafkaMessageState : uint8_t {
  kWaiting,  // framed; not given to librdkafka, or to be given again
  kInFlight,
  kDelivered,
  kRefused,   // on its way to the dead letters
  kSetAside,  // durable there
};

struct KafkaFramedMessage {
  KafkaFramedChunk* chunk = nullptr;
  uint64_t offset = 0;  // of the line in its file
  uint32_t begin = 0;   // in the chunk's text
  uint32_t payload_bytes = 0;
  uint32_t key_bytes = 0;
  uint32_t attempts = 0;   // that ended without delivery
  uint32_t burst_max = 0;  // how many suspects may go together (kafka_repetition.h); 0: not suspect
  uint16_t topic = 0;      // index into KafkaFramer::topics(), kNoTopic when there are too many
  bool has_trace = false;
  KafkaMessageState state = KafkaMessageState::kWaiting;

  static constexpr uint16_t kNoTopic = UINT16_MAX;
  [[nodiscard]] std::string_view payload() const;
  [[nodiscard]] std::string_view record_id() const;
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string_view traceparent() const;
  [[nodiscard]] uint32_t size_bytes() const;  // of all four
  [[nodiscard]] bool is_set_aside() const {
    return state == KafkaMessageState::kRefused || state == KafkaMessageState::kSetAside;
  }
};

struct KafkaFramedChunk {
  Delivery delivery;
  std::string file_path;
  std::string file_key;  // FileId in hex
  std::string text;
  std::vector<KafkaFramedMessage> messages;
  Outcome outcome;        // so far; in a transaction: when it is complete
  uint64_t sequence = 0;  // in which order the output got its chunks
  [[nodiscard]] bool is_settled() const { return !delivery.is_open(); }
  [[nodiscard]] bool is_answered() const {
    return outcome.delivered + outcome.dead_lettered >= messages.size();
  }
  [[nodiscard]] size_t memory_bytes() const;
};

class KafkaFramer {
 public:
  static constexpr size_t kTopicsMax = 1000;  // a template that names an id must not flood Kafka

  KafkaFramer(KafkaTopic topic, std::string key_field, parsers::LineWriterOptions lines);

  [[nodiscard]] std::unique_ptr<KafkaFramedChunk> frame(const parsers::Chunk& chunk,
                                                        Delivery delivery, Handled& handled);
  // All topics met so far; only ever grows, at its end.
  [[nodiscard]] const std::vector<std::string>& topics() const { return topics_; }

 private:
  void append(const parsers::Chunk& chunk, const parsers::Record& record, KafkaFramedChunk& framed);
  [[nodiscard]] uint16_t topic_of(const parsers::Record& record);
  [[nodiscard]] uint16_t topic_index(const std::string& name);

  KafkaTopic topic_;
  bool has_key_field_;
  parsers::RecordReader reader_;
  parsers::LineWriter writer_;
  parsers::FieldIndex trace_id_;
  parsers::FieldIndex span_id_;
  parsers::FieldIndex trace_flags_;
  parsers::FieldIndex key_ = 0;
  std::vector<parsers::FieldIndex> topic_fields_;
  std::vector<std::string> topics_;
  std::unordered_map<std::string, uint16_t> topic_indices_;
  std::vector<std::string_view> topic_values_;  // of one record
  std::string topic_name_;
};

// The W3C traceparent of these fields, appended to out; nothing where they are not a valid trace
// and span id. trace_id may already be a whole traceparent. (W3C Trace Context, 3.2)
bool append_traceparent(const parsers::Value& trace_id, const parsers::Value& span_id,
                        const parsers::Value& trace_flags, std::string& out);

}  // namespace sawlog::outputs
