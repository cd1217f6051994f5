// The smallest service that logs: run it, then look at logs/application.log.
#include <sawlog/sawlog.h>

int main() {
  sawlog::start({.service = "checkout", .file = "logs/application.log"});
  const sawlog::Logger log = sawlog::get("checkout.cart");
  log.info("order placed", {{"order_id", 4711}, {"total", 12.5}, {"currency", "EUR"}});
}
