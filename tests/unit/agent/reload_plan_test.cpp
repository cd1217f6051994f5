#include "agent/reload_plan.h"

#include <gtest/gtest.h>

#include "config/loader.h"

namespace sawlog::agent {
namespace {

config::Config config_of(const std::string& rest, const std::string& outputs) {
  const config::Loaded loaded = config::load_text(
      rest + "\nsources: {app: {paths: [/a/*.log]}}\noutputs: {" + outputs + "}\n", "sawlog.yaml");
  EXPECT_TRUE(loaded.mistakes.empty()) << loaded.mistakes.front().to_string();
  return loaded.config;
}

void check(const config::Config& running, const config::Config& next, const std::string& want) {
  EXPECT_EQ(describe(plan_reload(running, next)), want);
}

constexpr const char* kOne = "one: {type: stdout}";

TEST(ReloadPlan, WhatChanges) {
  const config::Config running = config_of("", kOne);
  check(running, running, "nothing changed");
  check(running, config_of("# lines that moved\n\n", kOne), "nothing changed");
  check(running, config_of("memory_limit: 300MiB", kOne), "settings of the agent changed");
  check(running, config_of("host_metrics: true", kOne), "settings of the agent changed");
  check(running, config_of("labels: {env: prod}", kOne), "sources changed");
  check(running, config_of("http: {listen: ''}", kOne), "endpoint changed");
  check(running, config_of("metrics: {presets: []}", kOne), "metrics changed");
  check(running, config_of("", "one: {type: stdout, format: pretty}"), "outputs: 1 changed");
  check(running, config_of("", "one: {type: stdout, renamed_from: old}"), "nothing changed");
  check(running, config_of("", "one: {type: stdout}, two: {type: stdout}"), "outputs: 1 new");
  check(config_of("", "one: {type: otlp, url: 'http://a:1', headers: {a: b}}"),
        config_of("", "one: {type: otlp, url: 'http://a:1', headers: {a: c}}"),
        "outputs: 1 changed");
  check(running, config_of("labels: {env: prod}", "two: {type: stdout}"),
        "outputs: 1 new, 1 gone; sources changed");
}

TEST(ReloadPlan, NamesWhatGoesOn) {
  const ReloadPlan plan =
      plan_reload(config_of("", "one: {type: stdout}, two: {type: stdout}, three: {type: stdout}"),
                  config_of("",
                            "four: {type: stdout}, three: {type: stdout, format: pretty}, "
                            "one: {type: stdout}"));
  EXPECT_EQ(plan.kept, (std::vector<std::string>{"metrics", "one"}));
  EXPECT_EQ(plan.rebuilt, std::vector<std::string>{"three"});
  EXPECT_EQ(plan.added, std::vector<std::string>{"four"});
  EXPECT_EQ(plan.removed, std::vector<std::string>{"two"});
}

TEST(ReloadPlan, TheStateDirectoryStays) {
  const config::Config running = config_of("", kOne);
  EXPECT_EQ(why_not_reloadable(running, running), "");
  EXPECT_EQ(why_not_reloadable(running, config_of("state_dir: /other", kOne)),
            "'state_dir' can only change with a restart: it is '/var/lib/sawlog', not '/other'");
}

}  // namespace
}  // namespace sawlog::agent
