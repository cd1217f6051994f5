#include "agent/commands/commands.h"

namespace sawlog::agent::commands {

namespace {

constexpr Command kCommands[] = {
    {"run", "follow the configured files and ship them", run},
    {"check", "check a configuration: every mistake with file:line:col", check},
    {"report", "what logs say: rates, durations, failures, errors, changes", report},
    {"replay", "send dead letters again", replay},
    {"setup", "install index templates and the like at the outputs", setup},
    {"test", "what lines become: records, requests, metrics", test},
    {"init", "look at this host and write a configuration that works", init},
    {"schema", "the JSON Schema of the configuration, for editors", schema},
    {"tail", "show logs, readable and coloured, and follow them", tail},
    {"status", "what a running agent is doing, and whether it is ready", status},
};

}  // namespace

std::span<const Command> all() {
  return kCommands;
}

}  // namespace sawlog::agent::commands
