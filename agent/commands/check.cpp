#include <cstdio>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"

namespace sawlog::agent::commands {

int check(const std::vector<std::string>& arguments) {
  std::string config_path;
  const Usage usage{"check",
                    "--config FILE",
                    "Finds every mistake of the configuration, each with its place and what was\n"
                    "probably meant. Exit code: 0 without mistakes, else 2.",
                    {config_option(config_path)}};
  if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
  const auto loaded = load_config(config_path);
  if (!loaded) return kExitUsage;
  std::printf("%s: good (%zu source%s, %zu output%s)\n", config_path.c_str(),
              loaded->config.sources.size(), loaded->config.sources.size() == 1 ? "" : "s",
              loaded->config.outputs.size(), loaded->config.outputs.size() == 1 ? "" : "s");
  return kExitDone;
}

}  // namespace sawlog::agent::commands
