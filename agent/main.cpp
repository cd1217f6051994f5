// sawlog: the command line. Each command is a function in agent/commands/.

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "agent/commands/commands.h"
#include "config/nearest.h"
#include "lib/base/printable.h"

namespace {

using sawlog::agent::commands::Command;

void print_usage(std::FILE* to) {
  std::fputs("usage: sawlog COMMAND [OPTIONS]\n\n", to);
  for (const Command& command : sawlog::agent::commands::all()) {
    std::fprintf(to, "  %-8s %s\n", command.name, command.summary);
  }
  std::fputs("\nsawlog COMMAND --help says more; sawlog --version tells the version.\n", to);
}

const Command* find_command(const std::string& name) {
  for (const Command& command : sawlog::agent::commands::all()) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

int refuse_unknown(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : sawlog::agent::commands::all()) names.emplace_back(command.name);
  std::fprintf(stderr, "sawlog: unknown command '%s'%s\n\n", sawlog::base::printable(name).c_str(),
               sawlog::config::did_you_mean(name, names).c_str());
  print_usage(stderr);
  return sawlog::agent::commands::kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  namespace commands = sawlog::agent::commands;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    print_usage(stderr);
    return commands::kExitUsage;
  }
  if (arguments[0] == "help" && arguments.size() > 1) {  // help COMMAND is COMMAND --help
    arguments = {arguments[1], "--help"};
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    print_usage(stdout);
    return commands::kExitDone;
  }
  if (name == "--version" || name == "-V") {
    std::printf("sawlog %s\n", SAWLOG_VERSION);
    return commands::kExitDone;
  }
  const Command* const command = find_command(name);
  if (command == nullptr) return refuse_unknown(name);
  return command->run({arguments.begin() + 1, arguments.end()});
}
