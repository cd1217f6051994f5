#include <cstdio>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "config/loader.h"

namespace sawlog::agent::commands {

int check(const std::vector<std::string>& arguments) {
  int exit_code = kExitDone;
  const auto parsed = parse_config_arguments("check", Accepts::kConfig, arguments, exit_code);
  if (!parsed) return exit_code;
  const config::Loaded loaded = config::load_file(parsed->config_path);
  for (const config::Mistake& warning : loaded.warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.to_string().c_str());
  }
  for (const config::Mistake& mistake : loaded.mistakes) {
    std::fprintf(stderr, "%s\n", mistake.to_string().c_str());
  }
  if (!loaded.mistakes.empty()) {
    std::fprintf(stderr, "%s: %zu mistake%s\n", parsed->config_path.c_str(), loaded.mistakes.size(),
                 loaded.mistakes.size() == 1 ? "" : "s");
    return kExitUsage;
  }
  std::printf("%s: good (%zu source%s, %zu output%s)\n", parsed->config_path.c_str(),
              loaded.config.sources.size(), loaded.config.sources.size() == 1 ? "" : "s",
              loaded.config.outputs.size(), loaded.config.outputs.size() == 1 ? "" : "s");
  return kExitDone;
}

}  // namespace sawlog::agent::commands
