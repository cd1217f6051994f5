// Writing a record (record.h): the part of a call that logs whose every nanosecond counts, inline
// for that reason.
//
// What the caller's code has just stored is loaded here in pieces of the same sizes: a wider load
// would have to wait until the stores have left the store buffer (4 ns each time). That is also why
// files that include this are compiled without SLP vectorisation (lib/CMakeLists.txt).
#pragma once

#include <algorithm>
#include <new>

#include "lib/base/check.h"
#include "lib/src/record.h"

namespace sawlog {

// What a submission takes in a ring.
struct RecordExtent {
  size_t size_bytes;  // rounded up
  size_t field_count;
  bool has_errors;  // among the fields: must be expanded before the record is written
};

inline size_t copied_key_bytes(const detail::RawField& field) {
  return field.is_key_copied() ? field.key_size() : 0;
}

inline size_t field_bytes(const detail::RawField& field) {
  return sizeof(detail::RawField) + copied_key_bytes(field) + field.text_size();
}

// Short texts are the rule, and a call of memcpy costs more than they do.
inline char* copy_text(char* out, std::string_view bytes) {
  const char* const text = bytes.begin();
  const size_t size = bytes.size();
  if (size > 32) {
    std::memcpy(out, text, size);
  } else if (size > 16) {
    std::memcpy(out, text, 16);
    std::memcpy(out + size - 16, text + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(out, text, 8);
    std::memcpy(out + size - 8, text + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(out, text, 4);
    std::memcpy(out + size - 4, text + size - 4, 4);
  } else if (size > 0) {
    out[0] = text[0];
    out[size / 2] = text[size / 2];
    out[size - 1] = text[size - 1];
  }
  return out + size;
}

[[gnu::always_inline]] inline char* write_field(char* out, const detail::RawField& field) {
  std::memcpy(out, static_cast<const void*>(&field.key), 8);
  std::memcpy(out + 8, &field.integer, 8);
  std::memcpy(out + 16, &field.traits, 8);
  out += sizeof(field);
  if (field.is_key_copied()) [[unlikely]]
    out = copy_text(out, {field.key, field.key_size()});
  return field.text_size() != 0 ? copy_text(out, field.text_view()) : out;
}

inline size_t message_bytes(const Submission& submission) {
  return std::min(submission.message.size(), detail::kTextBytesMax);
}

[[nodiscard, gnu::always_inline]] inline RecordExtent measure(const Submission& submission) {
  size_t size_bytes = sizeof(RecordHeader) + message_bytes(submission);
  size_t field_count = submission.fields.size();
  for (const detail::EncodedFields* context : {submission.context, submission.scope}) {
    if (context == nullptr) continue;
    size_bytes += context->bytes.size();
    field_count += context->field_count;
  }
  // What is rare is looked for in all fields at once.
  detail::RawField any{};
  for (const Field& field : submission.fields) {
    size_bytes += sizeof(detail::RawField) + field.raw().text_size();
    any.traits |= field.raw().traits;
  }
  if (any.is_key_copied()) [[unlikely]] {
    for (const Field& field : submission.fields) size_bytes += copied_key_bytes(field.raw());
  }
  return {(size_bytes + kRecordAlignment - 1) & ~(kRecordAlignment - 1), field_count,
          any.may_be_error()};
}

// Writes extent.size_bytes bytes; extent is what measure() said. `out` is aligned to 8.
[[gnu::always_inline]] inline void write_record(char* out, const RecordExtent& extent,
                                                uint64_t ticks, const Submission& submission) {
  const char* const begin = out;
  const std::string_view message = submission.message.substr(0, detail::kTextBytesMax);
  new (out) RecordHeader{{static_cast<uint32_t>(extent.size_bytes), RecordType::kInline,
                          submission.level, static_cast<uint16_t>(extent.field_count)},
                         ticks,
                         submission.logger,
                         submission.where,
                         static_cast<uint32_t>(message.size()),
                         submission.message.size() > detail::kTextBytesMax,
                         submission.has_own_time,
                         submission.own_unix_ns};
  out = copy_text(out + sizeof(RecordHeader), message);
  for (const detail::EncodedFields* context : {submission.context, submission.scope}) {
    if (context == nullptr) continue;
    out = copy_text(out, context->bytes);
  }
  for (const Field& field : submission.fields) out = write_field(out, field.raw());
  CHECK(static_cast<size_t>(out - begin) <= extent.size_bytes);
}

// The stand-in for a record in storage of its own, which the reader deletes (delete[]).
inline void write_external(char* out, uint64_t ticks, const char* storage) {
  RecordHeader header{};
  header.start = {static_cast<uint32_t>(kExternalBytes), RecordType::kExternal, Level::off, 0};
  header.ticks = ticks;
  std::memcpy(out, &header, sizeof(header));
  std::memcpy(out + sizeof(header), static_cast<const void*>(&storage), sizeof(storage));
}

}  // namespace sawlog
