// The names under which services write the fields of docs/format.md: data, no code.
//
// Reading takes the canonical name first, then the aliases in the order of the table. An alias
// counts only when its value is a scalar: {"event": {…}} is not a message. Flat and nested spelling
// of every name are found.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sawlog::parsers {

// What an alias' value means for its field.
enum class AliasUse : uint8_t {  // the first three leave a string as it is
  kValue,                        // the field's value
  kString,                       // the field's value if it is a string
  kUnlessEventName,              // the field's value in a record that has no event.name
  kSeconds,                      // of a duration: the value is in seconds; the field is in ns
  kMilliseconds,
  kMicroseconds,
  kTraceparentTrace,  // the part of a W3C traceparent: version-TRACE-SPAN-FLAGS
  kTraceparentSpan,
  kTraceparentFlags,
};

struct FieldAlias {
  std::string_view field;
  std::string_view alias;
  AliasUse use = AliasUse::kValue;
};

// Grouped by field, best alias first.
[[nodiscard]] std::span<const FieldAlias> field_aliases();

// A name that is an object in ECS, and where a scalar under this name goes.
struct ObjectName {
  std::string_view name;
  std::string_view target;
};
[[nodiscard]] std::span<const ObjectName> object_names();

// How the source's own name for event.duration is to be read: by the name's end (_s, _seconds, _ms,
// _us, _ns; the aliases of the table by the table), else ns.
[[nodiscard]] AliasUse duration_use(std::string_view name);

}  // namespace sawlog::parsers
