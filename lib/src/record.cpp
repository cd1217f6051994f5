#include "lib/src/record.h"

#include "lib/base/check.h"
#include "lib/src/record_writer.h"
#include "lib/src/value_json.h"

namespace sawlog {

using detail::EncodedFields;
using detail::Kind;
using detail::RawField;

std::vector<Field> expand_errors(std::span<const Field> fields) {
  std::vector<Field> expanded;
  for (const Field& field : fields) {
    if (field.raw().kind() != Kind::kError) {
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

void write_padding(char* out, size_t size_bytes) {
  const RecordStart start{static_cast<uint32_t>(size_bytes), RecordType::kPadding, Level::off, 0};
  std::memcpy(out, &start, sizeof(start));
}

void encode_fields(std::span<const Field> fields, EncodedFields& into) {
  for (const Field& given : expand_errors(fields)) {
    RawField field = given.raw();
    std::string json(value_json_bytes_max(field), '\0');
    json.resize(static_cast<size_t>(write_value_json(json.data(), field) - json.data()));
    field.set_kind(Kind::kEncoded, json.size());
    field.text = json.data();
    std::string bytes(field_bytes(field), '\0');
    write_field(bytes.data(), field);
    into.bytes += bytes;
    ++into.field_count;
  }
}

}  // namespace sawlog
