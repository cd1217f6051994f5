// Fields that many records share, levels by name, and values that must not be logged.
#include <chrono>
#include <string>

#include <sawlog/sawlog.h>

namespace shop {

struct Card {
  std::string number;
};

// How a Card is logged, wherever it is logged.
std::string log_value(const Card& card) {
  return "****" + card.number.substr(card.number.size() - 4);
}

}  // namespace shop

namespace {

void charge(const sawlog::Logger& log, const shop::Card& card) {
  log.debug("asking the provider", {{"card", card}});
  log.info("charged", {{"card", card}, {"cvc", sawlog::secret("123")}});
}

void handle_request(const sawlog::Logger& log, const std::string& request_id) {
  using namespace std::chrono_literals;
  const sawlog::Scope request{{"request.id", request_id}};  // in each record of this thread
  charge(log, {"4111111111111111"});
  sawlog::events::http_request(
      log, {.method = "POST", .route = "/orders", .status = 201, .duration = 12ms});
}

}  // namespace

int main() {
  sawlog::start({.service = "checkout", .file = "logs/application.log"});
  sawlog::set_level("checkout.payment", sawlog::Level::debug);
  const sawlog::Logger log = sawlog::get("checkout.payment").with({{"tenant.id", "acme"}});
  handle_request(log, "r-1");
  handle_request(log, "r-2");
}
