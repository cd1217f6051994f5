// One request, answered or given up: for commands that ask a running agent or a server.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/error.h"

namespace sawlog::agent::commands {

struct HttpQuestion {
  std::string url;
  std::string accept;
  std::string token = {};  // "": none; sent as a bearer
  int64_t timeout_ms = 5000;
};

struct HttpReply {
  int status = 0;
  std::string body;  // at most 64 MiB
};

// An error if nobody answers: "cannot reach 'URL': cause".
[[nodiscard]] base::Expected<HttpReply> http_get(const HttpQuestion& question);

}  // namespace sawlog::agent::commands
