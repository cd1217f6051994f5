#include "parsers/value_decoder.h"

#include <limits>

namespace sawlog::parsers {

namespace {

// The value as ns. A string counts if it is wholly a number.
bool to_duration(uint32_t unit_digits, Value& value) {
  const bool is_string = value.kind == ValueKind::kString;
  if (!is_string && !value.is_number()) return false;
  const std::string_view text = value.text;
  JsonNumber number;
  const ValueKind kind = scan_number(text.data(), text.data() + text.size(), number);
  if (kind == ValueKind::kAbsent) return false;
  read_duration(kind, number, text, unit_digits, value);
  if (is_string) value.text = {};
  return true;
}

// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
bool to_part_of_traceparent(AliasUse use, Value& value) {
  const std::string_view text = value.text;
  if (value.kind != ValueKind::kString || text.size() < 55 || text[2] != '-' || text[35] != '-' ||
      text[52] != '-')
    return false;
  switch (use) {
    case AliasUse::kTraceparentTrace:
      value.text = text.substr(3, 32);
      break;
    case AliasUse::kTraceparentSpan:
      value.text = text.substr(36, 16);
      break;
    default:
      value.text = text.substr(53, 2);
      break;
  }
  return value.text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

double Value::number_in_text() const {
  constexpr size_t kNumberBytesMax = 400;  // an id or a hash may be as long as it likes
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Value said;
  if (kind != ValueKind::kString || text.size() > kNumberBytesMax || !number_value(text, said))
    return kNone;
  return said.number;
}

bool convert_value(const Candidate& candidate, Value& value) {
  if (value.kind == ValueKind::kNull || candidate.is_presence_only) return true;
  if (candidate.is_duration) return to_duration(candidate.unit_digits, value);
  switch (candidate.use) {
    case AliasUse::kString:
      return value.kind == ValueKind::kString;
    case AliasUse::kTraceparentTrace:
    case AliasUse::kTraceparentSpan:
    case AliasUse::kTraceparentFlags:
      return to_part_of_traceparent(candidate.use, value);
    default:
      return true;
  }
}

}  // namespace sawlog::parsers
