// A token of JSON text → the Value of a field, as its name wants it read.
#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "parsers/field_plan.h"
#include "parsers/json_walker.h"
#include "parsers/record.h"

namespace sawlog::parsers {

// Whether the text has a letter among its first 16 bytes that no number has: an id in hexadecimal.
[[nodiscard]] inline bool begins_like_an_id(std::string_view text) {
  constexpr size_t kLookedAt = 16;
  if (text.size() < kLookedAt) return false;
  uint8_t letters = 0;
  for (size_t i = 0; i < kLookedAt; ++i) {
    const auto letter = static_cast<uint8_t>(static_cast<uint8_t>(text[i]) | 0x20u);
    letters |= static_cast<uint8_t>(letter > '9') & static_cast<uint8_t>(letter != 'e');
  }
  return letters != 0;
}

// The number of a string that is wholly one, else NaN.
[[nodiscard]] double number_in_digit_string(std::string_view text);
[[nodiscard]] inline double number_in_string(std::string_view text) {
  const unsigned first = text.empty() ? 0u : static_cast<unsigned char>(text[0]);
  const bool is_date = text.size() > 4 && text[4] == '-';  // they begin with digits, too
  if ((first - '0' > 9 && first != '-') || is_date || begins_like_an_id(text)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  return number_in_digit_string(text);
}

// The value as it stands there. text: the token's; of a string its content, unescaped.
inline void read_plain_value(const JsonToken& token, std::string_view text, Value& value) {
  value.text = text;
  if (token.kind == ValueKind::kInteger || token.kind == ValueKind::kDouble)
    return read_number(token.kind, token.number, text, value);
  value.kind = token.kind;
  value.integer = token.kind == ValueKind::kBool && text[0] == 't' ? 1 : 0;
  value.number = static_cast<double>(value.integer);
  if (token.kind == ValueKind::kString) value.number = number_in_string(text);
}

// Makes it a value of the candidate's field: a duration in ns, a part of a traceparent. False if it
// is nothing for that field. null stays null.
[[nodiscard]] bool convert_value(const Candidate& candidate, Value& value);

}  // namespace sawlog::parsers
