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
#include "config/reading.h"

namespace sawlog::config {

struct Loaded {
  Config config;                  // usable only when there is no mistake
  std::vector<Mistake> mistakes;  // in the order of the file
  std::vector<Mistake> warnings;  // legal, but probably not meant
};

// All mistakes are in the result; a file that cannot be read is one of them.
[[nodiscard]] Loaded load_file(const std::string& path);
// For tests and stdin; name stands for the file in messages.
[[nodiscard]] Loaded load_text(std::string_view yaml, const std::string& name);

// The most bytes that this configuration may need, whatever the outputs do: the batches of each
// output (being filled, being sent: in_flight, being framed), a read buffer and a longest line for
// each consumer, the series, and the process itself. load() refuses what exceeds memory_limit.
[[nodiscard]] uint64_t memory_needed(const Config& config);
// An output's share of it: the batches, and a third for the request that is made of one.
[[nodiscard]] uint64_t output_memory_bytes(const OutputConfig& output);

}  // namespace sawlog::config
