// Addresses as the endpoint is told them.
#pragma once

#include <string>

#include "lib/base/error.h"

namespace sawlog::agent {

struct ListenAddress {
  std::string host;  // without the brackets of IPv6
  int port = 0;
};

// "127.0.0.1:7295", "[::1]:7295". kInvalid: "cannot listen on 'ADDRESS': …".
[[nodiscard]] base::Expected<ListenAddress> parse_listen_address(const std::string& listen);

// Whether a Host header names the host by an address, or as localhost.
[[nodiscard]] bool is_address(const std::string& host);

}  // namespace sawlog::agent
