#include "parsers/json_object.h"

#include <algorithm>

#include <simdjson.h>

namespace sawlog::parsers {
namespace {

using Members = std::vector<JsonMember>;
using simdjson::dom::element_type;

base::Expected<Members> read_members(const simdjson::dom::object& object, int depth);

base::Expected<void> read_value(const simdjson::dom::element& value, int depth,
                                JsonMember& member) {
  switch (value.type()) {
    case element_type::STRING:
      member.kind = ValueKind::kString;
      member.text = std::string_view(value.get_string().value_unsafe());
      return {};
    case element_type::INT64:
    case element_type::UINT64:
      member.kind = ValueKind::kInteger;
      break;
    case element_type::DOUBLE:
      member.kind = ValueKind::kDouble;
      break;
    case element_type::BOOL:
      member.kind = ValueKind::kBool;
      break;
    case element_type::NULL_VALUE:
      member.kind = ValueKind::kNull;
      break;
    case element_type::ARRAY:
      return base::unexpected(base::ErrorCode::kInvalid, "'" + member.name + "' is a list");
    case element_type::OBJECT: {
      member.kind = ValueKind::kObject;
      auto members = read_members(value.get_object().value_unsafe(), depth + 1);
      if (!members) return tl::unexpected(members.error());
      member.members = std::move(*members);
      return {};
    }
  }
  member.text = simdjson::minify(value);
  if (value.get_double().get(member.number) != simdjson::SUCCESS) member.number = 0;
  return {};
}

base::Expected<Members> read_members(const simdjson::dom::object& object, int depth) {
  if (depth > kJsonDepthMax) {
    return base::unexpected(base::ErrorCode::kInvalid, "it is nested too deep");
  }
  Members members;
  for (const auto& [name, value] : object) {
    if (find_member(members, name) != nullptr) {
      return base::unexpected(base::ErrorCode::kInvalid,
                              "it has '" + std::string(name) + "' twice");
    }
    JsonMember member;
    member.name = name;
    if (auto read = read_value(value, depth, member); !read) return tl::unexpected(read.error());
    members.push_back(std::move(member));
  }
  return members;
}

}  // namespace

base::Expected<std::vector<JsonMember>> read_json_object(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (const auto error = parser.parse(text.data(), text.size()).get(object)) {
    return base::unexpected(base::ErrorCode::kInvalid, std::string("it is not a JSON object: ") +
                                                           simdjson::error_message(error));
  }
  return read_members(object, 1);
}

const JsonMember* find_member(const std::vector<JsonMember>& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &JsonMember::name);
  return found == members.end() ? nullptr : &*found;
}

}  // namespace sawlog::parsers
