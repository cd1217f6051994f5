// Exceptions with what is nested in them; errors and agent interactions in files of their own.
#include <chrono>
#include <exception>
#include <stdexcept>

#include <sawlog/sawlog.h>

namespace {

void read_stock() {
  throw std::runtime_error("connection refused");
}

void reserve_item() {
  try {
    read_stock();
  } catch (...) {
    std::throw_with_nested(std::logic_error("cannot reserve the item"));
  }
}

}  // namespace

int main() {
  using namespace std::chrono_literals;
  sawlog::start({.service = "checkout",
                 .file = "logs/application.log",
                 .error_file = "logs/error.log",
                 .interactions_file = "logs/agent_interactions.log"});
  const sawlog::Logger log = sawlog::get("checkout");
  try {
    reserve_item();
  } catch (const std::exception& exception) {
    log.error("order failed", {{"order_id", 4711}, sawlog::error(exception)});
  }
  sawlog::events::llm_request(log, {.model = "small-1",
                                    .operation = "chat",
                                    .input_tokens = 812,
                                    .output_tokens = 96,
                                    .cost_usd = 0.0021,
                                    .duration = 840ms});
}
