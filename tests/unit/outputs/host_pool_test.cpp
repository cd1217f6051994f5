#include "outputs/host_pool.h"

#include <gtest/gtest.h>

namespace sawlog::outputs {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
const RetryOptions kRetry{.backoff_min_ns = kSecond, .backoff_max_ns = kSecond};

TEST(HostPool, GoesRoundRobin) {
  HostPool hosts({"http://a:1/", "http://b:1", "http://c:1//"}, kRetry, 1);
  std::string order;
  for (int request = 0; request < 6; ++request) order += hosts.url(*hosts.pick(0)) + " ";
  EXPECT_EQ(order, "http://a:1 http://b:1 http://c:1 http://a:1 http://b:1 http://c:1 ");
}

TEST(HostPool, SetsADeadHostAsideAndTriesItAgain) {
  HostPool hosts({"http://a:1", "http://b:1"}, kRetry, 1);
  hosts.failed(0, "", 0, 0);
  for (int request = 0; request < 4; ++request) EXPECT_EQ(hosts.pick(0), 1);
  EXPECT_FALSE(hosts.all_are_down(0));
  hosts.failed(1, "", 0, 0);
  EXPECT_EQ(hosts.pick(0), std::nullopt);
  EXPECT_TRUE(hosts.all_are_down(0));
  const int64_t back = hosts.next_return_monotonic_ns();
  EXPECT_GT(back, 0);
  EXPECT_LE(back, kSecond);
  EXPECT_TRUE(hosts.pick(back).has_value());
  hosts.answered(0);
  hosts.answered(1);
  EXPECT_TRUE(hosts.pick(0).has_value());
}

TEST(HostPool, RequestsThatFailTogetherAreOneFailure) {
  HostPool hosts({"http://a:1"}, {.backoff_min_ns = kSecond, .backoff_max_ns = 3600 * kSecond}, 1);
  for (int request = 0; request < 10; ++request) hosts.failed(0, "", 0, 0);
  EXPECT_LE(hosts.next_return_monotonic_ns(), 2 * kSecond);
}

void check_display_name(const std::string& url, std::string_view want) {
  EXPECT_EQ(HostPool({url}, kRetry, 1).display_name(0), want);
}

TEST(HostPool, ShowsNoPassword) {
  check_display_name("http://a:9200", "http://a:9200");
  check_display_name("https://user:secret@a:9200", "https://a:9200");
  check_display_name("https://user:s@cret@a:9200/path", "https://a:9200/path");
  check_display_name("http://a:9200/x@y", "http://a:9200/x@y");
  check_display_name("user:secret@a:9200", "a:9200");
}

}  // namespace
}  // namespace sawlog::outputs
