// The configuration as a JSON Schema (draft 7, which editors' YAML servers know best), made from
// the tables that read it: `sawlog schema`.
//
// It accepts what the reader of single keys accepts: types, words, ranges of numbers, units, which
// keys each type of source and output has. What needs several keys or the outside world is left to
// `sawlog check`. No key of the top level is required, so that the files of conf.d pass, too.
#pragma once

#include <string>

namespace sawlog::config {

[[nodiscard]] std::string json_schema();

}  // namespace sawlog::config
