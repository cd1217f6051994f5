#include <cstdio>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/output_factory.h"
#include "outputs/elasticsearch_setup.h"

namespace sawlog::agent::commands {

namespace {

using outputs::SetupStep;

std::vector<SetupStep> set_up(const config::OutputConfig& output, const base::Clock& clock) {
  const auto* target = std::get_if<config::ElasticsearchConfig>(&output.target);
  if (target == nullptr) return {{true, "nothing to set up"}};
  const auto transport = make_transport(output, credentials_of(*target), clock);
  if (!transport) return {{false, transport.error().message}};
  return outputs::setup_elasticsearch(elasticsearch_options(*target), **transport, clock);
}

}  // namespace

int setup(const std::vector<std::string>& arguments) {
  std::string config_path;
  const Usage usage{
      "setup",
      "--config FILE",
      "Installs what the outputs' servers need to know about the records: for Elasticsearch and\n"
      "OpenSearch an index template that fits them. Says what it does; a second run changes\n"
      "nothing. Exit code: 0 done, 1 when a server refused or could not be reached.",
      {config_option(config_path)}};
  if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
  const auto loaded = load_config(config_path);
  if (!loaded) return kExitUsage;
  const base::SystemClock clock;
  bool all_done = true;
  for (const config::OutputConfig& output : loaded->config.outputs) {
    for (const SetupStep& step : set_up(output, clock)) {
      std::printf("%s: %s\n", output.name.c_str(), step.text.c_str());
      all_done = all_done && step.is_done;
    }
  }
  return all_done ? kExitDone : kExitFailed;
}

}  // namespace sawlog::agent::commands
