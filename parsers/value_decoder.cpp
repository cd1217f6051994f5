#include "parsers/value_decoder.h"

#include <cmath>

namespace sawlog::parsers {

namespace {

double unit_ns(AliasUse use) {
  switch (use) {
    case AliasUse::kSeconds:
      return 1e9;
    case AliasUse::kMilliseconds:
      return 1e6;
    case AliasUse::kMicroseconds:
      return 1e3;
    default:
      return 1;
  }
}

// The value as ns. A string counts if it is wholly a number.
bool to_duration(AliasUse use, Value& value) {
  if (value.kind == ValueKind::kString) {
    Value number;
    if (!number_value(value.text, number)) return false;
    value = number;
  }
  if (!value.is_number()) return false;
  const double unit = unit_ns(use);
  int64_t exact = 0;
  if (value.kind == ValueKind::kInteger &&
      !__builtin_mul_overflow(value.integer, static_cast<int64_t>(unit), &exact)) {
    value.integer = exact;
    value.number = static_cast<double>(exact);
    return true;
  }
  value.kind = unit == 1 ? value.kind : ValueKind::kDouble;
  value.number *= unit;
  return true;
}

// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
bool to_part_of_traceparent(AliasUse use, Value& value) {
  const std::string_view text = value.text;
  if (value.kind != ValueKind::kString || text.size() < 55 || text[2] != '-' || text[35] != '-' ||
      text[52] != '-')
    return false;
  value.number = std::numeric_limits<double>::quiet_NaN();
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

double number_in_digit_string(std::string_view text) {
  constexpr size_t kNumberBytesMax = 400;  // an id or a hash may be as long as it likes
  Value number;
  if (text.size() > kNumberBytesMax || !number_value(text, number))
    return std::numeric_limits<double>::quiet_NaN();
  return number.number;
}

bool convert_value(const Candidate& candidate, Value& value) {
  if (value.kind == ValueKind::kNull || candidate.is_presence_only) return true;
  if (candidate.is_duration) return to_duration(candidate.use, value);
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
