#include "outputs/host_pool.h"

#include <algorithm>

#include "lib/base/check.h"

namespace sawlog::outputs {

HostPool::HostPool(std::vector<std::string> hosts, const RetryOptions& options, uint64_t seed) {
  CHECK(!hosts.empty());
  for (std::string& url : hosts) {
    while (url.ends_with('/')) url.pop_back();
    hosts_.push_back({std::move(url), Backoff(options, seed + hosts_.size()), INT64_MIN});
  }
}

std::optional<size_t> HostPool::pick(int64_t now_monotonic_ns) {
  for (size_t tried = 0; tried < hosts_.size(); ++tried) {
    const size_t host = next_;
    next_ = (next_ + 1) % hosts_.size();
    if (hosts_[host].down_until_monotonic_ns <= now_monotonic_ns) return host;
  }
  return std::nullopt;
}

std::string HostPool::display_name(size_t host) const {
  std::string name = hosts_[host].url;
  const size_t scheme_end = name.find("://");
  const size_t authority = scheme_end == std::string::npos ? 0 : scheme_end + 3;
  const size_t at = name.substr(0, name.find('/', authority)).rfind('@');
  if (at != std::string::npos && at >= authority) name.erase(authority, at + 1 - authority);
  return name;
}

void HostPool::answered(size_t host) {
  hosts_[host].backoff.success();
  hosts_[host].down_until_monotonic_ns = INT64_MIN;
}

void HostPool::failed(size_t host, std::string_view retry_after, int64_t now_monotonic_ns,
                      int64_t now_unix_ns) {
  Host& failing = hosts_[host];
  // Several requests that were in flight together fail together: that is one failure.
  if (failing.down_until_monotonic_ns > now_monotonic_ns) return;
  failing.down_until_monotonic_ns =
      now_monotonic_ns + failing.backoff.next_delay_ns(retry_after, now_unix_ns);
}

bool HostPool::all_are_down(int64_t now_monotonic_ns) const {
  return next_return_monotonic_ns() > now_monotonic_ns;
}

int64_t HostPool::next_return_monotonic_ns() const {
  int64_t first = INT64_MAX;
  for (const Host& host : hosts_) first = std::min(first, host.down_until_monotonic_ns);
  return first;
}

}  // namespace sawlog::outputs
