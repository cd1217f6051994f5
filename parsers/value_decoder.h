// A token of JSON text → the Value of a field, as its name wants it read.
#pragma once

#include <string_view>

#include "parsers/field_plan.h"
#include "parsers/json_walker.h"
#include "parsers/record.h"

namespace sawlog::parsers {

// The value as it stands there. text: the token's; of a string its content, unescaped.
inline void read_plain_value(const JsonToken& token, std::string_view text, Value& value) {
  value.text = text;
  if (token.kind == ValueKind::kInteger || token.kind == ValueKind::kDouble)
    return read_number(token.kind, token.number, text, value);
  value.kind = token.kind;
  value.integer = token.kind == ValueKind::kBool && text[0] == 't' ? 1 : 0;
  value.number = static_cast<double>(value.integer);
}

// Fills all but the text of a duration in ns from a number of units of 10^unit_digits ns: without
// an error wherever it is a whole number of ns.
inline void read_duration(ValueKind kind, const JsonNumber& number, std::string_view text,
                          uint32_t unit_digits, Value& value) {
  const std::optional<int64_t> exact = number.in_small_units(unit_digits);
  if (exact && kind == ValueKind::kDouble) {
    value.kind = kind;
    value.number = static_cast<double>(*exact);
    value.integer = 0;
    return;
  }
  read_number(kind, number, text, value);
  if (unit_digits == 0) return;
  if (exact) {
    value.integer = *exact;
    value.number = static_cast<double>(*exact);
  } else {
    value.kind = ValueKind::kDouble;
    value.number *= JsonNumber::kPowers[unit_digits];
  }
}

// Makes it a value of the candidate's field: a duration in ns, a part of a traceparent. False if it
// is nothing for that field. null stays null.
[[nodiscard]] bool convert_value(const Candidate& candidate, Value& value);

}  // namespace sawlog::parsers
