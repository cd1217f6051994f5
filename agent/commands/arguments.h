// Parsing of a command's arguments, with Boost.Program_options behind it.
//
//   std::string config;
//   const Usage usage{"setup", "--config FILE", "index templates and the like at the outputs",
//                     {config_option(config)}};
//   if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/loader.h"

namespace sawlog::agent::commands {

struct Option {
  const char* name;        // "config,c": with its letter
  const char* value_name;  // "FILE"; "" for a switch
  const char* meaning;
  std::variant<bool*, std::string*> into;  // what is there already is the default
  bool is_required = false;
};

struct Usage {
  const char* command;
  const char* arguments;  // as in "usage: sawlog COMMAND ARGUMENTS"
  const char* meaning;    // sentences for --help
  std::vector<Option> options;
  std::vector<std::string>* operands = nullptr;  // what is no option; nullptr: refused
};

[[nodiscard]] Option config_option(std::string& into);

// The exit code if the command is over: help was printed, or the usage was wrong and said so.
[[nodiscard]] std::optional<int> parse_arguments(const Usage& usage,
                                                 const std::vector<std::string>& arguments);

// "sawlog COMMAND: message" to the standard error; returns kExitUsage.
int refuse(const char* command, const std::string& message);

// "10" (seconds), "10s", "2m", "500ms" → ns; empty if it is none of them.
[[nodiscard]] std::optional<int64_t> parse_duration(const std::string& text);

// Prints mistakes and warnings to the standard error; empty if there are mistakes: kExitUsage.
[[nodiscard]] std::optional<config::Loaded> load_config(const std::string& path);

}  // namespace sawlog::agent::commands
