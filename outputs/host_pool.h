// The addresses of one destination: requests go round robin; an address that fails is set aside
// with a backoff of its own and tried again, so that a dead node costs the others nothing.
// Single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "outputs/retry.h"

namespace sawlog::outputs {

class HostPool {
 public:
  // hosts: URLs without a final slash; at least one.
  HostPool(std::vector<std::string> hosts, const RetryOptions& options, uint64_t seed);

  // The host for the next request; empty while all are set aside.
  [[nodiscard]] std::optional<size_t> pick(int64_t now_monotonic_ns);
  [[nodiscard]] const std::string& url(size_t host) const { return hosts_[host].url; }
  // As it may appear in a message: without user and password.
  [[nodiscard]] std::string display_name(size_t host) const;

  void answered(size_t host);
  void failed(size_t host, std::string_view retry_after, int64_t now_monotonic_ns,
              int64_t now_unix_ns);
  [[nodiscard]] bool all_are_down(int64_t now_monotonic_ns) const;
  // When the first of them may be tried again.
  [[nodiscard]] int64_t next_return_monotonic_ns() const;

 private:
  struct Host {
    std::string url;
    Backoff backoff;
    int64_t down_until_monotonic_ns = INT64_MIN;
  };
  std::vector<Host> hosts_;
  size_t next_ = 0;
};

}  // namespace sawlog::outputs
