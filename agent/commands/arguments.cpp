#include "agent/commands/arguments.h"

#include <cstdio>
#include <iostream>

#include <boost/program_options.hpp>

#include "agent/commands/commands.h"
#include "lib/base/clock.h"

namespace sawlog::agent::commands {

namespace {

namespace options = boost::program_options;

// "10", "10s", "2m", "1h", "500ms" → ns; empty if it is none of them.
std::optional<int64_t> parse_duration(const std::string& text) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0 || digits > 9) return std::nullopt;
  const int64_t number = std::stoll(text.substr(0, digits));
  const std::string unit = text.substr(digits);
  if (unit.empty() || unit == "s") return number * base::kNsPerSecond;
  if (unit == "ms") return number * base::kNsPerMs;
  if (unit == "m") return number * 60 * base::kNsPerSecond;
  if (unit == "h") return number * 3600 * base::kNsPerSecond;
  return std::nullopt;
}

}  // namespace

std::optional<ConfigArguments> parse_config_arguments(const char* command, Accepts accepts,
                                                      const std::vector<std::string>& arguments,
                                                      int& exit_code) {
  ConfigArguments parsed;
  std::string timeout;
  options::options_description description(std::string("usage: sawlog ") + command +
                                           " --config FILE [OPTIONS]");
  description.add_options()("help,h", "show this")(
      "config,c", options::value(&parsed.config_path)->value_name("FILE"), "the configuration");
  if (accepts == Accepts::kConfigAndOnce) {
    description.add_options()("once", options::bool_switch(&parsed.once),
                              "read every file to its present size, deliver all of it, end")(
        "timeout", options::value(&timeout)->value_name("TIME"),
        "with --once: give up after this time (30s, 5m) with exit code 1");
  }
  exit_code = kExitUsage;
  try {
    options::variables_map values;
    options::store(
        options::command_line_parser(arguments).options(description).positional({}).run(), values);
    options::notify(values);
    if (values.count("help") != 0) {
      std::cout << description;
      exit_code = kExitDone;
      return std::nullopt;
    }
  } catch (const options::error& error) {
    std::fprintf(stderr, "sawlog %s: %s\n", command, error.what());
    return std::nullopt;
  }
  if (parsed.config_path.empty()) {
    std::fprintf(stderr, "sawlog %s: --config FILE is missing\n", command);
    return std::nullopt;
  }
  if (!timeout.empty()) {
    const auto duration = parse_duration(timeout);
    if (!duration || !parsed.once) {
      std::fprintf(stderr, "sawlog %s: --timeout takes a time like 30s or 5m, with --once\n",
                   command);
      return std::nullopt;
    }
    parsed.timeout_ns = *duration;
  }
  return parsed;
}

}  // namespace sawlog::agent::commands
