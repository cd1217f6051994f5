// A service that logs numbered lines at a rate: numbers FILE NAME LINES_PER_SECOND SECONDS.
// SIGHUP reopens the file. Says at its end how many lines it logged.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include <sawlog/sawlog.h>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  if (argc != 5) return 2;
  const std::string_view name = argv[2];
  const long rate = std::strtol(argv[3], nullptr, 10);
  const long count = rate * std::strtol(argv[4], nullptr, 10);
  std::signal(SIGHUP, [](int) { sawlog::reopen(); });
  sawlog::start({.service = "numbers", .file = argv[1], .when_full = sawlog::block});
  const sawlog::Logger log = sawlog::get("numbers");
  const auto begin = std::chrono::steady_clock::now();
  for (long n = 0; n < count; ++n) {
    log.info("a line", {{"process", name}, {"n", n}});
    if (n % 50 == 0) std::this_thread::sleep_until(begin + n * 1s / rate);
  }
  if (!sawlog::flush()) return 1;
  std::printf("%ld\n", count);
}
