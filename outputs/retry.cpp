#include "outputs/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace sawlog::outputs {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kRetryAfterMaxNs = 3600 * kNsPerSecond;

// RFC 9110, 10.2.3: seconds, or a date as in "Sun, 06 Nov 1994 08:49:37 GMT". 0 when it is neither.
int64_t retry_after_ns(std::string_view text, int64_t now_unix_ns) {
  int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  if (const auto parsed = std::from_chars(text.data(), end, seconds);
      parsed.ec == std::errc() && parsed.ptr == end) {
    return std::clamp<int64_t>(seconds, 0, kRetryAfterMaxNs / kNsPerSecond) * kNsPerSecond;
  }
  std::tm date{};
  if (strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr) return 0;
  const int64_t wait_seconds = timegm(&date) - now_unix_ns / kNsPerSecond;
  return std::clamp<int64_t>(wait_seconds, 0, kRetryAfterMaxNs / kNsPerSecond) * kNsPerSecond;
}

}  // namespace

int64_t Backoff::next_delay_ns(std::string_view retry_after, int64_t now_unix_ns) {
  ++failures_in_a_row_;
  int64_t ceiling = options_.backoff_min_ns;
  for (uint64_t failure = 0; failure < failures_in_a_row_ && ceiling < options_.backoff_max_ns;
       ++failure) {
    ceiling = std::min(ceiling * 2, options_.backoff_max_ns);
  }
  ceiling = std::min(ceiling, options_.backoff_max_ns);
  const int64_t floor = std::min(options_.backoff_min_ns / 2, ceiling);
  const int64_t drawn = std::uniform_int_distribution<int64_t>(floor, ceiling)(random_);
  return std::max(drawn, retry_after_ns(retry_after, now_unix_ns));
}

}  // namespace sawlog::outputs
