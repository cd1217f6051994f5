#include "agent/endpoints/http_address.h"

#include <arpa/inet.h>
#include <charconv>

namespace sawlog::agent {

base::Expected<ListenAddress> parse_listen_address(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  ListenAddress address;
  if (colon != std::string::npos) {
    address.host = listen.substr(0, colon);
    const char* const end = listen.data() + listen.size();
    const auto [stop, error] = std::from_chars(listen.data() + colon + 1, end, address.port);
    if (error == std::errc() && stop == end && !address.host.empty()) {
      if (address.host.starts_with('[') && address.host.ends_with(']')) {
        address.host = address.host.substr(1, address.host.size() - 2);
      }
      return address;
    }
  }
  return base::unexpected(base::ErrorCode::kInvalid,
                          "cannot listen on '" + listen + "': it is not address:port");
}

bool is_address(const std::string& host) {
  if (host.starts_with('[')) return true;
  const std::string name = host.substr(0, host.find(':'));
  in_addr address{};
  return name == "localhost" || inet_pton(AF_INET, name.c_str(), &address) == 1;
}

}  // namespace sawlog::agent
