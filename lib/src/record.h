// A record as it lies in a ring: the header, the message, then the fields of the logger's context,
// of the thread's scope and of the call, each a RawField with, behind it, its key (if that is not a
// literal) and its text (if it has one). Everything is in the writer's own byte order and is read
// by the same process only; pointers to literals, source locations and loggers stay valid for its
// life.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sawlog/field.h>
#include <sawlog/level.h>
#include <sawlog/logger.h>

namespace sawlog {

class LoggerNode;

enum class RecordType : uint8_t {
  kInline,    // the record itself
  kExternal,  // the header, then a pointer to the whole record in a block of its own
  kPadding,   // nothing, up to the end of the ring; only RecordStart is there
};

struct RecordStart {
  uint32_t size_bytes;  // of all, a multiple of 8
  RecordType type;
  Level level;
  uint16_t field_count;
};
static_assert(sizeof(RecordStart) == 8);

struct RecordHeader {
  RecordStart start;
  uint64_t ticks;
  const LoggerNode* logger;
  std::source_location where;
  uint32_t message_size;
  bool is_message_cut;
  bool has_own_time;  // own_unix_ns was given with the record, ticks only order it
  int64_t own_unix_ns;
};

constexpr size_t kRecordAlignment = 8;
constexpr size_t kExternalBytes = sizeof(RecordHeader) + sizeof(char*);
constexpr size_t kFieldCountMax = UINT16_MAX;

// What a call hands over.
struct Submission {
  const LoggerNode* logger;
  Level level;
  std::string_view message;
  const detail::EncodedFields* context;  // may be null
  const detail::EncodedFields* scope;    // may be null
  std::span<const Field> fields;
  std::source_location where;
  bool has_own_time = false;
  int64_t own_unix_ns = 0;
};

// What an error says, as up to three fields of their own in its place; they look at `fields`.
[[nodiscard]] std::vector<Field> expand_errors(std::span<const Field> fields);
void write_padding(char* out, size_t size_bytes);

[[nodiscard]] inline RecordStart read_start(const char* record) {
  RecordStart start;
  std::memcpy(&start, record, sizeof(start));
  return start;
}
[[nodiscard]] inline RecordHeader read_header(const char* record) {
  RecordHeader header;
  std::memcpy(&header, record, sizeof(header));
  return header;
}
[[nodiscard]] inline const char* read_external(const char* record) {
  const char* storage = nullptr;
  std::memcpy(static_cast<void*>(&storage), record + sizeof(RecordHeader), sizeof(storage));
  return storage;
}

[[nodiscard]] inline std::string_view read_message(const char* record, const RecordHeader& header) {
  return {record + sizeof(RecordHeader), header.message_size};
}

// The field that begins there; its key and text point behind it. Moves `at` to the next one.
[[nodiscard]] inline detail::RawField read_field(const char*& at) {
  detail::RawField field;
  std::memcpy(&field, at, sizeof(field));
  at += sizeof(field);
  if (field.is_key_copied()) [[unlikely]] {
    field.key = at;
    at += field.key_size();
  }
  if (has_text(field.kind())) {
    field.text = at;
    at += field.text_size();
  }
  return field;
}

// Where the fields of a record begin, header.start.field_count of them.
[[nodiscard]] inline const char* fields_of(const char* record, const RecordHeader& header) {
  return record + sizeof(RecordHeader) + header.message_size;
}

// Appends fields in the form above, their values as finished JSON (Kind::kEncoded).
void encode_fields(std::span<const Field> fields, detail::EncodedFields& into);

}  // namespace sawlog
