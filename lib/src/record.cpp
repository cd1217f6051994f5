#include "lib/src/record.h"

#include <algorithm>

#include "lib/base/check.h"
#include "lib/src/value_json.h"

namespace sawlog {

using detail::Context;
using detail::Kind;
using detail::RawField;

namespace {

// Calls visit(RawField) for each field; what an error says is up to three.
template <class Visit>
void for_each_field(std::span<const Field> fields, Visit visit) {
  for (const Field& field : fields) {
    if (field.raw().kind != Kind::kError) [[likely]] {
      visit(field.raw());
      continue;
    }
    const ErrorInfo& error = *field.raw().error;
    visit(Field("error.type", error.type).raw());
    visit(Field("error.message", error.message).raw());
    if (!error.stack_trace.empty()) visit(Field("error.stack_trace", error.stack_trace).raw());
  }
}

size_t field_bytes(const RawField& field) {
  size_t size = sizeof(RawField);
  if ((field.key_traits & detail::kKeyIsCopied) != 0) size += field.key_size;
  if (has_text(field.kind)) size += field.text_size;
  return size;
}

// Short texts are the rule, and a call of memcpy costs more than they do.
char* copy_text(char* out, const char* text, size_t size) {
  if (size > 16) {
    std::memcpy(out, text, size);
  } else if (size >= 8) {
    uint64_t first = 0;
    uint64_t last = 0;
    std::memcpy(&first, text, 8);
    std::memcpy(&last, text + size - 8, 8);
    std::memcpy(out, &first, 8);
    std::memcpy(out + size - 8, &last, 8);
  } else {
    for (size_t i = 0; i < size; ++i) out[i] = text[i];
  }
  return out + size;
}

char* write_field(char* out, const RawField& field) {
  std::memcpy(out, &field, sizeof(field));
  out += sizeof(field);
  if ((field.key_traits & detail::kKeyIsCopied) != 0) {
    out = copy_text(out, field.key, field.key_size);
  }
  return has_text(field.kind) ? copy_text(out, field.text, field.text_size) : out;
}

size_t message_bytes(const Submission& submission) {
  return std::min(submission.message.size(), detail::kTextBytesMax);
}

size_t field_count(const Submission& submission) {
  size_t count = 0;
  for_each_field(submission.fields, [&count](const RawField&) { ++count; });
  for (const Context* context : {submission.context, submission.scope}) {
    if (context != nullptr) count += context->field_count;
  }
  CHECK(count <= kFieldCountMax);
  return count;
}

RecordHeader header_of(size_t size_bytes, RecordType type, uint64_t ticks,
                       const Submission& submission) {
  RecordHeader header{};
  header.start = {static_cast<uint32_t>(size_bytes), type, submission.level,
                  static_cast<uint16_t>(field_count(submission))};
  header.ticks = ticks;
  header.logger = submission.logger;
  header.where = submission.where;
  header.message_size = static_cast<uint32_t>(message_bytes(submission));
  header.is_message_cut = submission.message.size() > detail::kTextBytesMax ? 1 : 0;
  header.has_own_time = submission.has_own_time ? 1 : 0;
  header.own_unix_ns = submission.own_unix_ns;
  return header;
}

}  // namespace

size_t record_bytes(const Submission& submission) {
  size_t size = sizeof(RecordHeader) + message_bytes(submission);
  for (const Context* context : {submission.context, submission.scope}) {
    if (context != nullptr) size += context->bytes.size();
  }
  for_each_field(submission.fields, [&size](const RawField& field) { size += field_bytes(field); });
  return (size + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

void write_record(char* out, size_t size_bytes, uint64_t ticks, const Submission& submission) {
  const char* const begin = out;
  const RecordHeader header = header_of(size_bytes, RecordType::kInline, ticks, submission);
  std::memcpy(out, &header, sizeof(header));
  out = copy_text(out + sizeof(header), submission.message.data(), header.message_size);
  for (const Context* context : {submission.context, submission.scope}) {
    if (context == nullptr) continue;
    std::memcpy(out, context->bytes.data(), context->bytes.size());
    out += context->bytes.size();
  }
  for_each_field(submission.fields,
                 [&out](const RawField& field) { out = write_field(out, field); });
  CHECK(static_cast<size_t>(out - begin) <= size_bytes);
}

void write_external(char* out, uint64_t ticks, const Submission& submission, const char* storage) {
  const RecordHeader header = header_of(kExternalBytes, RecordType::kExternal, ticks, submission);
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
  for_each_field(fields, [&into](RawField field) {
    std::string json(value_json_bytes_max(field), '\0');
    json.resize(static_cast<size_t>(write_value_json(json.data(), field) - json.data()));
    field.kind = Kind::kEncoded;
    field.text = json.data();
    field.text_size = static_cast<uint32_t>(json.size());
    std::string bytes(field_bytes(field), '\0');
    write_field(bytes.data(), field);
    into.bytes += bytes;
    ++into.field_count;
  });
}

}  // namespace sawlog
