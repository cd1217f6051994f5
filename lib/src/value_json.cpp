#include "lib/src/value_json.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "lib/base/json_encode.h"
#include "lib/src/members_json.h"

namespace sawlog {

using detail::Kind;
using detail::RawField;

namespace {

constexpr std::string_view kCutMark = "…";

char* write_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write_cut_text(char* out, std::string_view text) {
  out = base::write_json_string(out, text) - 1;
  out = write_text(out, kCutMark);
  *out++ = '"';
  return out;
}

char* write_time(char* out, int64_t unix_ns) {
  *out++ = '"';
  out = base::Rfc3339Writer().write(out, unix_ns);
  *out++ = '"';
  return out;
}

}  // namespace

size_t value_json_bytes_max(const RawField& field) {
  if (!has_text(field.kind())) return base::kNumberBytesMax + base::kWriteSlackBytes;
  if (has_members(field.kind())) return members_json_bytes_max(field);
  return base::json_string_bytes_max(field.text_size()) + kCutMark.size();
}

char* write_value_json(char* out, const RawField& field, int depth) {
  switch (field.kind()) {
    case Kind::kBool:
      return write_text(out, field.integer != 0 ? "true" : "false");
    case Kind::kInteger:
      return base::write_integer(out, field.integer);
    case Kind::kUnsigned:
      return base::write_unsigned(out, field.unsigned_integer);
    case Kind::kDouble:
      return base::write_double(out, field.number);
    case Kind::kFloat:
      return base::write_float(out, static_cast<float>(field.number));
    case Kind::kTime:
      return write_time(out, field.integer);
    case Kind::kText:
      return base::write_json_string(out, field.text_view());
    case Kind::kCutText:
      return write_cut_text(out, field.text_view());
    case Kind::kEncoded:
      return write_text(out, field.text_view());
    case Kind::kObject:
    case Kind::kArray:
      return depth < kNestingMax ? write_members_json(out, field, depth + 1)
                                 : base::write_json_string(out, kCutMark);
    case Kind::kNull:
    case Kind::kError:
      break;
  }
  return write_text(out, "null");
}

}  // namespace sawlog
