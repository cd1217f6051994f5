// A small JSON object read whole, with the objects in it: requests and files of our own. For log
// lines there is RecordReader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "parsers/record.h"

namespace sawlog::parsers {

struct JsonMember {
  std::string name;
  ValueKind kind = ValueKind::kNull;
  std::string text;                 // of a string its content, of a scalar the JSON
  double number = 0;                // of a number
  std::vector<JsonMember> members;  // of an object
};

// In the order of the text. kInvalid, with what is wrong, for what is not an object, holds a list,
// is nested deeper than kJsonDepthMax, or has a name twice.
constexpr int kJsonDepthMax = 4;
[[nodiscard]] base::Expected<std::vector<JsonMember>> read_json_object(std::string_view text);

// nullptr if there is none.
[[nodiscard]] const JsonMember* find_member(const std::vector<JsonMember>& members,
                                            std::string_view name);

}  // namespace sawlog::parsers
