// What operation wants: levels that change at run time, limits, rotation, crashes, timers.
#include <chrono>
#include <csignal>

#include <sawlog/sawlog.h>

namespace {

using namespace std::chrono_literals;

int answer(const sawlog::Logger& log, int request) {
  auto span = sawlog::events::time_http_request(log, {.method = "GET", .route = "/orders/{id}"});
  if (request % 10 == 0) log.limited(sawlog::every(1s)).warn("the store is slow");
  log.limited(sawlog::sample(100)).info("answered", {{"request", request}});
  return span->status = 200;
}

}  // namespace

int main() {
  sawlog::start({.service = "checkout",
                 .file = "logs/application.log",
                 .rotation = {.bytes = 100 << 20, .every = 24h, .keep = 7},
                 .levels_file = "logs/levels",  // "checkout.* debug"
                 .debug_signal = SIGUSR1,       // kill -USR1: debug, and back
                 .when_full = sawlog::block_for(20ms)});
  sawlog::install_crash_handler();
  const sawlog::Logger log = sawlog::get("checkout.orders");
  for (int request = 0; request < 1'000; ++request) answer(log, request);
}
