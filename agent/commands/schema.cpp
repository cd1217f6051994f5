#include "config/schema.h"

#include <cstdio>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"

namespace sawlog::agent::commands {

int schema(const std::vector<std::string>& arguments) {
  const Usage usage{
      "schema",
      "[OPTIONS]",
      "Prints the JSON Schema of the configuration. Editors complete and check with it:\n"
      "  sawlog schema > sawlog.schema.json\n"
      "and in the first line of sawlog.yaml\n"
      "  # yaml-language-server: $schema=sawlog.schema.json",
      {}};
  if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
  std::fputs(config::json_schema().c_str(), stdout);
  return std::fflush(stdout) == 0 ? kExitDone : kExitFailed;
}

}  // namespace sawlog::agent::commands
