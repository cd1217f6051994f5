// spdlog and Sawlog together: its sinks as destinations, its calls as records.
#include <memory>

#include <sawlog/sawlog.h>
#include <sawlog/spdlog.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

int main() {
  const auto console = std::make_shared<spdlog::sinks::stdout_color_sink_mt>();
  console->set_level(spdlog::level::warn);
  sawlog::start({.service = "checkout",
                 .file = "logs/application.log",
                 .destinations = {sawlog::to(console)}});
  sawlog::get("checkout").warn("low stock", {{"sku", "A-17"}, {"left", 2}});

  // Code that was written for spdlog goes on as it is.
  spdlog::default_logger()->sinks() = {std::make_shared<sawlog::spdlog_sink>()};
  spdlog::info("{} items in the cart", 3);
}
