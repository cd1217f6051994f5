#include "outputs/kafka_framer.h"

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

constexpr size_t kTraceparentBytes = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2

// Without an early end, so that it runs in vectors: it sees two ids of every record with a trace.
bool is_lower_hex(std::string_view text) {
  unsigned is_other = 0;
  for (const char c : text) {
    const auto is_digit = static_cast<unsigned>(static_cast<uint8_t>(c - '0') <= 9);
    const auto is_letter = static_cast<unsigned>(static_cast<uint8_t>(c - 'a') <= 5);
    is_other |= 1 - (is_digit | is_letter);
  }
  return is_other == 0;
}

bool is_id(std::string_view text, size_t digits) {
  return text.size() == digits && is_lower_hex(text) &&
         text.find_first_not_of('0') != std::string_view::npos;
}

bool is_traceparent(std::string_view text) {
  return text.size() == kTraceparentBytes && text.starts_with("00-") && text[35] == '-' &&
         text[52] == '-' && is_id(text.substr(3, 32), 32) && is_id(text.substr(36, 16), 16) &&
         is_lower_hex(text.substr(53));
}

// Two hex digits; a service writes them as a string ("01") or as a number (1).
std::string flags_of(const parsers::Value& value) {
  if (value.kind == parsers::ValueKind::kString && value.text.size() == 2 &&
      is_lower_hex(value.text)) {
    return std::string(value.text);
  }
  const bool is_sampled = value.kind == parsers::ValueKind::kInteger && (value.integer & 1) != 0;
  return is_sampled ? "01" : "00";
}

std::vector<std::string> wanted_fields(const KafkaTopic& topic, const std::string& key_field) {
  std::vector<std::string> names = {"trace_id", "span_id", "trace_flags"};
  if (!key_field.empty()) names.push_back(key_field);
  names.insert(names.end(), topic.fields().begin(), topic.fields().end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

std::string_view KafkaFramedMessage::payload() const {
  return std::string_view(chunk->text).substr(begin, payload_bytes);
}

std::string_view KafkaFramedMessage::record_id() const {
  return std::string_view(chunk->text).substr(begin + payload_bytes, parsers::RecordId::kSizeBytes);
}

std::string_view KafkaFramedMessage::key() const {
  if (key_bytes == 0) return chunk->file_key;
  return std::string_view(chunk->text)
      .substr(begin + payload_bytes + parsers::RecordId::kSizeBytes, key_bytes);
}

std::string_view KafkaFramedMessage::traceparent() const {
  if (!has_trace) return {};
  return std::string_view(chunk->text)
      .substr(begin + payload_bytes + parsers::RecordId::kSizeBytes + key_bytes, kTraceparentBytes);
}

uint32_t KafkaFramedMessage::size_bytes() const {
  return payload_bytes + static_cast<uint32_t>(parsers::RecordId::kSizeBytes) + key_bytes +
         (has_trace ? static_cast<uint32_t>(kTraceparentBytes) : 0);
}

size_t KafkaFramedChunk::memory_bytes() const {
  return sizeof(*this) + file_path.capacity() + file_key.capacity() + text.capacity() +
         messages.capacity() * sizeof(KafkaFramedMessage);
}

KafkaFramer::KafkaFramer(KafkaTopic topic, std::string key_field, parsers::LineWriterOptions lines)
    : topic_(std::move(topic)),
      has_key_field_(!key_field.empty()),
      reader_(wanted_fields(topic_, key_field), parsers::Purpose::kShipping),
      writer_(std::move(lines)),
      trace_id_(reader_.field("trace_id")),
      span_id_(reader_.field("span_id")),
      trace_flags_(reader_.field("trace_flags")) {
  if (has_key_field_) key_ = reader_.field(key_field);
  for (const std::string& field : topic_.fields()) topic_fields_.push_back(reader_.field(field));
  if (topic_.fields().empty()) {
    topic_.assign({}, topic_name_);
    CHECK(topic_index(topic_name_) == 0);
  }
}

std::unique_ptr<KafkaFramedChunk> KafkaFramer::frame(const parsers::Chunk& chunk, Delivery delivery,
                                                     Handled& handled) {
  auto framed = std::make_unique<KafkaFramedChunk>();
  framed->delivery = std::move(delivery);
  framed->file_path = chunk.path;
  framed->file_key = chunk.file.hex();
  // Half as much again as the lines themselves holds what is added to most of them.
  framed->text.reserve(chunk.bytes.size() + chunk.bytes.size() / 2);
  framed->messages.reserve(chunk.lines.size());
  handled = frame_records(reader_, chunk,
                          [&](const parsers::Record& record) { append(chunk, record, *framed); });
  CHECK(framed->messages.size() == chunk.lines.size());
  return framed;
}

void KafkaFramer::append(const parsers::Chunk& chunk, const parsers::Record& record,
                         KafkaFramedChunk& framed) {
  std::string& text = framed.text;
  KafkaFramedMessage message;
  message.chunk = &framed;
  message.offset = chunk.offset_of(record.line());
  message.begin = static_cast<uint32_t>(text.size());
  writer_.append(chunk, record, text);
  message.payload_bytes = static_cast<uint32_t>(text.size()) - message.begin;
  text += parsers::RecordId::of(chunk, record).text();
  if (has_key_field_ && record[key_].is_present()) {
    text += record[key_].text;
    message.key_bytes = static_cast<uint32_t>(record[key_].text.size());
  }
  message.has_trace =
      append_traceparent(record[trace_id_], record[span_id_], record[trace_flags_], text);
  message.topic = topic_of(record);
  CHECK(text.size() < UINT32_MAX);
  framed.messages.push_back(message);
}

uint16_t KafkaFramer::topic_of(const parsers::Record& record) {
  if (topic_fields_.empty()) return 0;
  topic_values_.clear();
  for (const parsers::FieldIndex field : topic_fields_) {
    const parsers::Value& value = record[field];
    topic_values_.push_back(value.is_present() ? value.text : std::string_view());
  }
  topic_.assign(topic_values_, topic_name_);
  return topic_index(topic_name_);
}

uint16_t KafkaFramer::topic_index(const std::string& name) {
  if (const auto known = topic_indices_.find(name); known != topic_indices_.end()) {
    return known->second;
  }
  if (topics_.size() >= kTopicsMax) return KafkaFramedMessage::kNoTopic;
  const auto index = static_cast<uint16_t>(topics_.size());
  topics_.push_back(name);
  topic_indices_.emplace(name, index);
  return index;
}

bool append_traceparent(const parsers::Value& trace_id, const parsers::Value& span_id,
                        const parsers::Value& trace_flags, std::string& out) {
  if (is_traceparent(trace_id.text)) {
    out += trace_id.text;
    return true;
  }
  if (!is_id(trace_id.text, 32) || !is_id(span_id.text, 16)) return false;
  out += "00-";
  out += trace_id.text;
  out += '-';
  out += span_id.text;
  out += '-';
  out += flags_of(trace_flags);
  return true;
}

}  // namespace sawlog::outputs
