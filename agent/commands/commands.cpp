#include "agent/commands/commands.h"

namespace sawlog::agent::commands {

namespace {

constexpr Command kCommands[] = {
    {"run", "follow the configured files and ship them", run},
    {"check", "check a configuration: every mistake with file:line:col", check},
};

}  // namespace

std::span<const Command> all() {
  return kCommands;
}

}  // namespace sawlog::agent::commands
