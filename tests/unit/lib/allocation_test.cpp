// A call allocates nothing: counted.
#include <cstdlib>
#include <map>
#include <new>
#include <thread>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>

#include "tests/unit/lib/log_directory.h"

// The sanitizers have operators of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAreCounted = false;
constexpr size_t allocations = 0;
#else
constexpr bool kAreCounted = true;
thread_local size_t allocations = 0;

// Of the whole program; only what this thread does is counted. Not inline, where gcc would see
// free() on what came from new.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t /*size*/) noexcept {
  std::free(memory);
}
#endif

namespace sawlog {
namespace {

TEST(Allocations, OfACallAreNone) {
  if (!kAreCounted) GTEST_SKIP() << "not counted with a sanitizer";
  const LogDirectory logs;
  start({.file = logs.path("log"), .when_full = block});
  const Logger log = get("alloc").with({{"tenant", "t"}});
  const Scope scope{{"request.id", "r"}};
  const std::string text(1'500, 'x');
  const std::vector<int> numbers(20, 7);
  const std::map<std::string, double> map = {{"a", 1.5}, {"b", 2.5}};
  log.info("the first of a thread makes its ring");
  const size_t before = allocations;
  for (int i = 0; i < 1'000; ++i) {
    log.info("sixteen fields and 2 KiB", {{"a", i},
                                          {"b", 2.5},
                                          {"c", true},
                                          {"d", nullptr},
                                          {"e", text},
                                          {"f", "literal"},
                                          {"g", std::chrono::seconds(3)},
                                          {"h", std::chrono::system_clock::now()},
                                          {"i", std::optional<int>()},
                                          {"j", numbers},
                                          {"k", map},
                                          {"l", object({{"m", 1}, {"n", "o"}})},
                                          {"p", secret(text)},
                                          {"q", 'c'},
                                          {"r", 1.0F},
                                          {"s", std::string_view("view")}});
    log.debug("switched off", {{"text", text}});
    log.limited(every(std::chrono::hours(1))).info("limited");
    events::http_request(log, {.method = "GET", .route = "/", .status = 200});
  }
  const size_t during = allocations - before;
  stop();
  EXPECT_EQ(during, 0U);
  EXPECT_EQ(logs.lines("log").size(), 2'002U);
}

}  // namespace
}  // namespace sawlog
