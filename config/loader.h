// YAML → Config, strictly: every mistake is reported, at once, with its place and the nearest right
// name. A key that this version does not know or does not support yet is a mistake, never ignored.
//
//   sawlog.yaml:7:5: unknown key 'host' in outputs.search; did you mean 'hosts'?
//
// ${env:NAME} and ${file:/path} are replaced anywhere in a value; what came from them is a secret
// and is never printed. Sizes (4MiB, 100kB), times (1s, 15m) and "unlimited" carry their units.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace sawlog::config {

struct Mistake {
  Place place;
  std::string message;
  [[nodiscard]] std::string to_string() const;  // file:line:col: message
};

struct Loaded {
  Config config;                  // usable only when there is no mistake
  std::vector<Mistake> mistakes;  // in the order of the file
  std::vector<Mistake> warnings;  // legal, but probably not meant
};

[[nodiscard]] Loaded load_file(const std::string& path);
// For tests and stdin; name stands for the file in messages.
[[nodiscard]] Loaded load_text(std::string_view yaml, const std::string& name);

}  // namespace sawlog::config
