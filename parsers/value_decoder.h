// A token of JSON text → the Value of a field, as its name wants it read.
#pragma once

#include <string>
#include <string_view>

#include "parsers/field_plan.h"
#include "parsers/json_walker.h"
#include "parsers/record.h"

namespace sawlog::parsers {

// The value as it stands there. text: the token's, with the quotes of a string. unescaped: where
// the content of a string with escapes goes; it must have room for it, so that views into it stay
// good.
[[nodiscard]] Value plain_value(const JsonToken& token, std::string_view text,
                                std::string& unescaped);

// What it is as a value of the candidate's field: a duration in ns, a part of a traceparent. False
// if it is nothing for that field. null stays null.
[[nodiscard]] bool convert_value(const Candidate& candidate, Value& value);

}  // namespace sawlog::parsers
