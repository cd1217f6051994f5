#include "agent/reload_plan.h"

#include <algorithm>

namespace sawlog::agent {

namespace {

const config::OutputConfig* find_output(const config::Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.outputs, name, &config::OutputConfig::name);
  return found == config.outputs.end() ? nullptr : &*found;
}

// renamed_from has done its work when the output runs.
bool same_output(config::OutputConfig a, config::OutputConfig b) {
  a.renamed_from = b.renamed_from = "";
  return a == b;
}

}  // namespace

ReloadPlan plan_reload(const config::Config& running, const config::Config& next) {
  ReloadPlan plan;
  (running.metrics == next.metrics ? plan.kept : plan.rebuilt).emplace_back("metrics");
  for (const config::OutputConfig& output : next.outputs) {
    const config::OutputConfig* const before = find_output(running, output.name);
    if (before == nullptr) {
      plan.added.push_back(output.name);
    } else {
      (same_output(*before, output) ? plan.kept : plan.rebuilt).push_back(output.name);
    }
  }
  for (const config::OutputConfig& output : running.outputs) {
    if (find_output(next, output.name) == nullptr) plan.removed.push_back(output.name);
  }
  plan.changes_sources = running.sources != next.sources || running.labels != next.labels;
  plan.changes_http = !(running.http == next.http);
  plan.changes_agent =
      running.host_metrics != next.host_metrics || running.memory_limit != next.memory_limit;
  const bool has_alerts = !next.alerts.rules.empty();
  plan.changes_alerts = !(running.alerts == next.alerts) ||
                        (has_alerts && running.labels != next.labels);  // alerts have them
  return plan;
}

std::string why_not_reloadable(const config::Config& running, const config::Config& next) {
  if (running.state_dir == next.state_dir) return {};
  return "'state_dir' can only change with a restart: it is '" + running.state_dir + "', not '" +
         next.state_dir + "'";
}

std::string describe(const ReloadPlan& plan) {
  std::string text;
  const auto append = [&text](size_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "outputs: " : ", ") + std::to_string(count) + what;
  };
  const auto rebuilt = static_cast<size_t>(std::ranges::count_if(
      plan.rebuilt, [](const std::string& name) { return name != "metrics"; }));
  append(rebuilt, " changed");
  append(plan.added.size(), " new");
  append(plan.removed.size(), " gone");
  const auto append_changed = [&text](bool has_changed, const char* what) {
    if (has_changed) text.append(text.empty() ? "" : "; ").append(what).append(" changed");
  };
  append_changed(plan.changes_sources, "sources");
  append_changed(rebuilt < plan.rebuilt.size(), "metrics");
  append_changed(plan.changes_http, "endpoint");
  append_changed(plan.changes_agent, "settings of the agent");
  append_changed(plan.changes_alerts, "alerts");
  return text.empty() ? "nothing changed" : text;
}

std::vector<std::string> wanted_sources(const config::Config& config, const std::string& consumer) {
  const config::OutputConfig* const output = find_output(config, consumer);
  if (output == nullptr) return {};
  if (output->sources != std::vector<std::string>{"all"}) return output->sources;
  std::vector<std::string> names;
  for (const config::SourceConfig& source : config.sources) names.push_back(source.name);
  return names;
}

std::vector<std::string> consumer_names(const config::Config& config) {
  std::vector<std::string> names{"metrics"};
  for (const config::OutputConfig& output : config.outputs) names.push_back(output.name);
  return names;
}

}  // namespace sawlog::agent
