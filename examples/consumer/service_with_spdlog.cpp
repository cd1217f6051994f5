// A service whose spdlog calls write the lines of the installed library.
#include <memory>

#include <sawlog/sawlog.h>
#include <sawlog/spdlog.h>
#include <spdlog/spdlog.h>

int main(int /*argc*/, char** argv) {
  sawlog::start({.service = "consumer", .file = argv[1]});
  spdlog::default_logger()->sinks() = {std::make_shared<sawlog::spdlog_sink>()};
  spdlog::info("hello from {}", "spdlog");
}
