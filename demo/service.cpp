// A small service as the demo needs it: web requests, LLM calls and tools, logged with the library.
//
//   demo_service LOG_DIR SECONDS LINES_PER_SECOND
//
// Every event carries "demo.seq". At the end it prints as JSON how many lines it logged for each
// file and how many of them were HTTP requests: what the agent must arrive at.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include <sawlog/sawlog.h>

namespace {

using Clock = std::chrono::steady_clock;

struct Counts {
  uint64_t application = 0;
  uint64_t errors = 0;
  uint64_t interactions = 0;
  uint64_t http_requests = 0;
};

class Service {
 public:
  explicit Service(uint32_t seed) : random_(seed) {}

  void one_event() {
    const auto sequence = static_cast<int64_t>(counts_.application);
    const sawlog::Scope scope{{"demo.seq", sequence}};
    const uint32_t dice = random_() % 100;
    if (dice < 70) {
      http_request();
    } else if (dice < 80) {
      llm_request();
    } else if (dice < 90) {
      tool_execution();
    } else {
      cart_.info("order placed", {{"order_id", sequence}, {"total", 12.5}, {"note", "café \"7\""}});
    }
    ++counts_.application;
  }
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  std::chrono::microseconds some_time() { return std::chrono::microseconds(random_() % 250'000); }

  void http_request() {
    static constexpr const char* kRoutes[] = {"/api/v1/cart", "/api/v1/orders/{id}",
                                              "/api/v1/login"};
    const bool fails = random_() % 50 == 0;
    sawlog::events::http_request(http_, {.method = random_() % 4 == 0 ? "POST" : "GET",
                                         .route = kRoutes[random_() % 3],
                                         .status = fails ? 503 : 200,
                                         .duration = some_time(),
                                         .error_type = fails ? "UpstreamDown" : ""});
    ++counts_.http_requests;
    if (fails) ++counts_.errors;
  }
  void llm_request() {
    sawlog::events::llm_request(agents_, {.model = "claude-sonnet",
                                          .operation = "chat",
                                          .input_tokens = random_() % 4000,
                                          .output_tokens = random_() % 900,
                                          .duration = some_time()});
    ++counts_.interactions;
  }
  void tool_execution() {
    const bool fails = random_() % 20 == 0;
    sawlog::events::tool_execution(
        agents_,
        {.tool = "search", .duration = some_time(), .error_type = fails ? "TimeoutError" : ""});
    ++counts_.interactions;
    if (fails) ++counts_.errors;
  }

  sawlog::Logger http_ = sawlog::get("checkout.http");
  sawlog::Logger agents_ = sawlog::get("checkout.agents");
  sawlog::Logger cart_ = sawlog::get("checkout.cart");
  std::mt19937 random_;
  Counts counts_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: demo_service LOG_DIR SECONDS LINES_PER_SECOND\n", stderr);
    return 2;
  }
  const std::string directory = argv[1];
  const auto duration = std::chrono::seconds(std::strtol(argv[2], nullptr, 10));
  const double rate = std::strtod(argv[3], nullptr);
  sawlog::start({.service = "checkout",
                 .service_version = "1.4.0",
                 .file = directory + "/application.log",
                 .error_file = directory + "/error.log",
                 .interactions_file = directory + "/agent_interactions.log",
                 .when_full = sawlog::block});

  Service service(7);
  const auto start = Clock::now();
  const auto wanted = static_cast<uint64_t>(rate * static_cast<double>(duration.count()));
  while (service.counts().application < wanted) {
    service.one_event();
    const auto due = start + std::chrono::duration<double>(
                                 static_cast<double>(service.counts().application) / rate);
    if (due > Clock::now() + std::chrono::milliseconds(1)) std::this_thread::sleep_until(due);
  }
  sawlog::stop();

  const Counts& counts = service.counts();
  std::printf(
      "{\"lines\":{\"application.log\":%llu,\"error.log\":%llu,\"agent_interactions.log\":%llu},"
      "\"http_requests\":%llu}\n",
      static_cast<unsigned long long>(counts.application),
      static_cast<unsigned long long>(counts.errors),
      static_cast<unsigned long long>(counts.interactions),
      static_cast<unsigned long long>(counts.http_requests));
  return 0;
}
