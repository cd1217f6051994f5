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
    {"schema", "the JSON Schema of the configuration, for editors", schema},
};

}  // namespace

std::span<const Command> all() {
  return kCommands;
}

}  // namespace sawlog::agent::commands
