// What a reload has to do: which consumers go on, which are built anew.
//
// A consumer goes on untouched, with its connections, if what is configured of it is the same; what
// its sources say (paths, labels, …) may have changed, because that is read anew with each chunk.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace sawlog::agent {

struct ReloadPlan {
  std::vector<std::string> kept;     // consumers, "metrics" among them
  std::vector<std::string> rebuilt;  // under the same name
  std::vector<std::string> added;
  std::vector<std::string> removed;
  bool changes_sources = false;
  bool changes_http = false;
  bool changes_agent = false;  // what is of the whole agent: host metrics, the memory limit
  bool changes_alerts = false;
};

[[nodiscard]] ReloadPlan plan_reload(const config::Config& running, const config::Config& next);

// "" or why only a restart can bring this configuration.
[[nodiscard]] std::string why_not_reloadable(const config::Config& running,
                                             const config::Config& next);

// "outputs: 1 changed, 1 new; sources changed", "nothing changed".
[[nodiscard]] std::string describe(const ReloadPlan& plan);

// The sources whose records the consumer gets; {}: every one. What is recorded by POST /record is
// for the metrics alone.
[[nodiscard]] std::vector<std::string> wanted_sources(const config::Config& config,
                                                      const std::string& consumer);

// Names of consumers in their order: metrics, then the outputs.
[[nodiscard]] std::vector<std::string> consumer_names(const config::Config& config);

}  // namespace sawlog::agent
