// A token of JSON text → the Value of a field, as its name wants it read.
#pragma once

#include <string>
#include <string_view>

#include "parsers/field_plan.h"
#include "parsers/json_walker.h"
#include "parsers/record.h"

namespace sawlog::parsers {

// Sets number if the text of a string is wholly a number.
void read_number_in_digit_string(Value& value);
inline void read_number_in_string(Value& value) {
  const unsigned first = value.text.empty() ? 0u : static_cast<unsigned char>(value.text[0]);
  // Dates begin with digits, too.
  const bool is_date = value.text.size() > 4 && value.text[4] == '-';
  if ((first - '0' <= 9 || first == '-') && !is_date) read_number_in_digit_string(value);
}

// The value as it stands there. text: the token's; of a string its content, unescaped.
inline void read_plain_value(const JsonToken& token, std::string_view text, Value& value) {
  value.text = text;
  if (token.kind == ValueKind::kInteger || token.kind == ValueKind::kDouble)
    return read_number(token.kind, token.number, text, value);
  value.kind = token.kind;
  value.integer = token.kind == ValueKind::kBool && text[0] == 't' ? 1 : 0;
  value.number = static_cast<double>(value.integer);
  if (token.kind == ValueKind::kString) read_number_in_string(value);
}

// Makes it a value of the candidate's field: a duration in ns, a part of a traceparent. False if it
// is nothing for that field. null stays null.
[[nodiscard]] bool convert_value(const Candidate& candidate, Value& value);

}  // namespace sawlog::parsers
