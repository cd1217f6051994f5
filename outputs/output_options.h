// Options that outputs share. Plain values: the agent fills them from config/config.h, whose
// defaults are the ones that users see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sawlog::outputs {

struct BatchOptions {
  size_t bytes_max = 4u << 20;  // framed bytes, before compression; a longer line goes alone
  int64_t age_max_ns = 1'000'000'000;
  uint32_t in_flight_max = 4;           // requests at once
  size_t memory_bytes_max = 48u << 20;  // what the output may hold, whatever the server does
};

// Secrets: used for the Authorization header of a request, never in a message. At most one kind.
struct Credentials {
  std::string username{};
  std::string password{};
  std::string api_key{};  // Elasticsearch, in its encoded form
  std::string bearer{};
};

}  // namespace sawlog::outputs
