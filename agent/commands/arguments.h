// Parsing of a command's arguments, with Boost.Program_options behind it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sawlog::agent::commands {

struct ConfigArguments {
  std::string config_path;
  bool once = false;
  int64_t timeout_ns = 0;  // 0: none
};

enum class Accepts : uint8_t { kConfig, kConfigAndOnce };

// Empty: the command is over (help was printed, or the usage was wrong and said so); exit_code
// tells.
[[nodiscard]] std::optional<ConfigArguments> parse_config_arguments(
    const char* command, Accepts accepts, const std::vector<std::string>& arguments,
    int& exit_code);

}  // namespace sawlog::agent::commands
