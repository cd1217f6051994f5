// sawlog: the command line. Each command is a function in agent/commands/.

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "agent/commands/commands.h"

namespace {

using sawlog::agent::commands::Command;

void print_usage(std::FILE* to) {
  std::fputs("usage: sawlog COMMAND [OPTIONS]\n\n", to);
  for (const Command& command : sawlog::agent::commands::all()) {
    std::fprintf(to, "  %-8s %s\n", command.name, command.summary);
  }
  std::fputs("\nsawlog COMMAND --help says more; sawlog --version tells the version.\n", to);
}

}  // namespace

int main(int argc, char** argv) {
  namespace commands = sawlog::agent::commands;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    print_usage(stderr);
    return commands::kExitUsage;
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    print_usage(stdout);
    return commands::kExitDone;
  }
  if (name == "--version") {
    std::printf("sawlog %s\n", SAWLOG_VERSION);
    return commands::kExitDone;
  }
  for (const Command& command : commands::all()) {
    if (name == command.name) return command.run({arguments.begin() + 1, arguments.end()});
  }
  std::fprintf(stderr, "sawlog: unknown command '%s'\n\n", name.c_str());
  print_usage(stderr);
  return commands::kExitUsage;
}
