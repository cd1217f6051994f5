#include "lib/src/record.h"

#include <algorithm>

#include "lib/base/check.h"
#include "lib/src/value_json.h"

namespace sawlog {

using detail::Context;
using detail::Kind;
using detail::RawField;

namespace {

size_t copied_key_bytes(const RawField& field) {
  return (field.key_traits & detail::kKeyIsCopied) != 0 ? field.key_size : 0;
}

// Fields without a text have a text_size of 0.
size_t field_bytes(const RawField& field) {
  return sizeof(RawField) + copied_key_bytes(field) + field.text_size;
}

// Short texts are the rule, and a call of memcpy costs more than they do.
inline char* copy_text(char* out, const char* text, size_t size) {
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

inline char* write_field(char* out, const RawField& field) {
  std::memcpy(out, &field, sizeof(field));
  out += sizeof(field);
  if (copied_key_bytes(field) != 0) out = copy_text(out, field.key, field.key_size);
  return field.text_size != 0 ? copy_text(out, field.text, field.text_size) : out;
}

size_t message_bytes(const Submission& submission) {
  return std::min(submission.message.size(), detail::kTextBytesMax);
}

}  // namespace

RecordExtent measure(const Submission& submission) {
  RecordExtent extent{sizeof(RecordHeader) + message_bytes(submission), submission.fields.size(),
                      false};
  for (const Context* context : {submission.context, submission.scope}) {
    if (context == nullptr) continue;
    extent.size_bytes += context->bytes.size();
    extent.field_count += context->field_count;
  }
  for (const Field& field : submission.fields) {
    extent.size_bytes += field_bytes(field.raw());
    extent.has_errors |= field.raw().kind == Kind::kError;
  }
  extent.size_bytes = (extent.size_bytes + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
  return extent;
}

std::vector<Field> expand_errors(std::span<const Field> fields) {
  std::vector<Field> expanded;
  for (const Field& field : fields) {
    if (field.raw().kind != Kind::kError) {
      expanded.push_back(field);
      continue;
    }
    const ErrorInfo& error = *field.raw().error;
    expanded.push_back({"error.type", error.type});
    expanded.push_back({"error.message", error.message});
    if (!error.stack_trace.empty()) expanded.push_back({"error.stack_trace", error.stack_trace});
  }
  return expanded;
}

void write_record(char* out, const RecordExtent& extent, uint64_t ticks,
                  const Submission& submission) {
  const char* const begin = out;
  const RecordHeader header{{static_cast<uint32_t>(extent.size_bytes), RecordType::kInline,
                             submission.level, static_cast<uint16_t>(extent.field_count)},
                            ticks,
                            submission.logger,
                            submission.where,
                            static_cast<uint32_t>(message_bytes(submission)),
                            submission.message.size() > detail::kTextBytesMax,
                            submission.has_own_time,
                            submission.own_unix_ns};
  std::memcpy(out, &header, sizeof(header));
  out = copy_text(out + sizeof(header), submission.message.data(), header.message_size);
  for (const Context* context : {submission.context, submission.scope}) {
    if (context == nullptr) continue;
    std::memcpy(out, context->bytes.data(), context->bytes.size());
    out += context->bytes.size();
  }
  for (const Field& field : submission.fields) out = write_field(out, field.raw());
  CHECK(static_cast<size_t>(out - begin) <= extent.size_bytes);
}

void write_external(char* out, uint64_t ticks, const char* storage) {
  RecordHeader header{};
  header.start = {static_cast<uint32_t>(kExternalBytes), RecordType::kExternal, Level::off, 0};
  header.ticks = ticks;
  std::memcpy(out, &header, sizeof(header));
  std::memcpy(out + sizeof(header), &storage, sizeof(storage));
}

void write_padding(char* out, size_t size_bytes) {
  const RecordStart start{static_cast<uint32_t>(size_bytes), RecordType::kPadding, Level::off, 0};
  std::memcpy(out, &start, sizeof(start));
}

bool FieldReader::next(RawField& field) {
  if (left_ == 0) return false;
  --left_;
  std::memcpy(&field, at_, sizeof(field));
  at_ += sizeof(field);
  if ((field.key_traits & detail::kKeyIsCopied) != 0) {
    field.key = at_;
    at_ += field.key_size;
  }
  if (has_text(field.kind)) {
    field.text = at_;
    at_ += field.text_size;
  }
  return true;
}

void encode_fields(std::span<const Field> fields, Context& into) {
  for (const Field& given : expand_errors(fields)) {
    RawField field = given.raw();
    std::string json(value_json_bytes_max(field), '\0');
    json.resize(static_cast<size_t>(write_value_json(json.data(), field) - json.data()));
    field.kind = Kind::kEncoded;
    field.text = json.data();
    field.text_size = static_cast<uint32_t>(json.size());
    std::string bytes(field_bytes(field), '\0');
    write_field(bytes.data(), field);
    into.bytes += bytes;
    ++into.field_count;
  }
}

}  // namespace sawlog
