// A token of JSON text → the Value of a field, as its name wants it read.
#pragma once

#include <string>
#include <string_view>

#include "parsers/field_plan.h"
#include "parsers/json_walker.h"
#include "parsers/record.h"

namespace sawlog::parsers {

// The value as it stands there. text: the token's; of a string with escapes its unescaped content,
// without quotes.
[[nodiscard]] Value plain_value(const JsonToken& token, std::string_view text);

// Sets number if the text of a string is wholly a number.
void read_number_in_digit_string(Value& value);
inline void read_number_in_string(Value& value) {
  const unsigned first = value.text.empty() ? 0u : static_cast<unsigned char>(value.text[0]);
  // Dates begin with digits, too.
  const bool is_date = value.text.size() > 4 && value.text[4] == '-';
  if ((first - '0' <= 9 || first == '-') && !is_date) read_number_in_digit_string(value);
}

// What it is as a value of the candidate's field: a duration in ns, a part of a traceparent. False
// if it is nothing for that field. null stays null.
[[nodiscard]] bool convert_value(const Candidate& candidate, Value& value);

}  // namespace sawlog::parsers
