// Each alert of the monitoring guides, as they write it or as their prose says it: it fires when
// things are bad for as long as it says, not before, and is resolved when they are good again.
#include "tests/unit/alerts/alert_rig.h"

namespace sawlog::agent {
namespace {

using config::RuleKind;
using test::AlertRig;

// Figures that grow with time: so much of the bad and the good a second.
struct World {
  bool is_bad = false;
  double seconds_bad = 0;
  double seconds_good = 0;

  void count(Figures& figures, const std::string& metric, parsers::FigureLabels labels,
             double per_bad_second, double per_good_second) const {
    figures.add(metric, RuleKind::kCounter, std::move(labels),
                per_bad_second * seconds_bad + per_good_second * seconds_good);
  }
  void time(Figures& figures, const std::string& metric, double bad_second) const {
    const double good = 10 * seconds_good;
    const double bad = 10 * seconds_bad;
    figures.add_histogram(metric, {{"endpoint", "/orders"}},
                          {0.1, bad_second / 2, bad_second, 2 * bad_second}, {good, 0, 0, bad, 0});
  }
  void gauge(Figures& figures, const std::string& metric, double bad, double good) const {
    figures.add(metric, RuleKind::kGauge, {}, is_bad ? bad : good);
  }
};

void all_figures(const World& world, Figures& figures) {
  world.count(figures, "node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "user"}}, 0.98, 0.1);
  world.count(figures, "node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}}, 0.02, 0.9);
  world.gauge(figures, "node_memory_MemTotal_bytes", 8e9, 8e9);
  world.gauge(figures, "node_memory_MemAvailable_bytes", 0.4e9, 4e9);
  for (const std::string mount : {"/", "/home"}) {
    const parsers::FigureLabels labels = {{"fstype", "ext4"}, {"mountpoint", mount}};
    const bool is_full = world.is_bad && mount == "/home";
    figures.add("node_filesystem_size_bytes", RuleKind::kGauge, labels, 100e9);
    figures.add("node_filesystem_avail_bytes", RuleKind::kGauge, labels, is_full ? 5e9 : 50e9);
  }
  world.count(figures, "http_requests_total", {{"status_code", "200"}}, 5, 10);
  world.count(figures, "http_requests_total", {{"status_code", "503"}}, 5, 0);
  world.time(figures, "http_request_duration_seconds", 6);
  world.count(figures, "tool_executions_total", {{"status", "error"}, {"tool_name", "search"}}, 1,
              0);
  world.count(figures, "tool_executions_total", {{"status", "success"}, {"tool_name", "search"}}, 1,
              2);
  world.count(figures, "llm_errors_total", {{"model", "large"}}, 1, 0);
  world.count(figures, "llm_requests_total", {{"model", "large"}}, 2, 2);
  world.count(figures, "agent_errors_total", {{"agent_name", "planner"}}, 1, 0);
  world.count(figures, "agent_executions_total", {{"agent_name", "planner"}}, 2, 2);
  world.time(figures, "agent_execution_duration_seconds", 15);
  world.time(figures, "db_query_duration_seconds", 2);
  const double good = 10 * world.seconds_good;
  figures.add_histogram("rag_grounding_score", {}, {0.3, 0.5, 0.9},
                        {10 * world.seconds_bad, 0, good, 0});
  world.count(figures, "workflow_retries_total", {{"workflow", "build"}}, 1, 0);
  world.count(figures, "workflow_executions_total", {{"workflow", "build"}}, 1, 1);
  figures.add("sawlog_lag_seconds", RuleKind::kGauge, {{"consumer", "search"}},
              world.is_bad ? 60 + world.seconds_bad : 0);
  figures.add("sawlog_lag_bytes", RuleKind::kGauge, {{"consumer", "search"}},
              world.is_bad ? 1e3 * world.seconds_bad : 0);
  world.gauge(figures, "sawlog_output_up", 0, 1);
}

struct GuideAlert {
  const char* name;
  const char* condition;
  int64_t for_s;
};

void PrintTo(const GuideAlert& alert, std::ostream* out) {
  *out << alert.name;
}

class GuideAlerts : public testing::TestWithParam<GuideAlert> {};

TEST_P(GuideAlerts, FiresAndResolves) {
  const auto& [name, condition, for_s] = GetParam();
  AlertRig rig;
  World world;
  rig.config.rules = {AlertRig::rule(name, condition, for_s)};
  rig.add_receiver("hook");
  rig.figures = [&world](Figures& figures) { all_figures(world, figures); };
  rig.open();
  const auto pass = [&](int64_t seconds) {
    for (int64_t i = 0; i < seconds; ++i) {
      (world.is_bad ? world.seconds_bad : world.seconds_good) += 1;
      rig.pass(1);
    }
  };
  pass(900);
  EXPECT_FALSE(rig.fires()) << rig.alerts->status_json();
  EXPECT_TRUE(rig.messages.empty());

  world.is_bad = true;
  const int64_t window_max_s = 600;
  int64_t pending_s = 0;
  for (int64_t i = 0; i < for_s + window_max_s + 15 && !rig.fires(); ++i) {
    pass(1);
    if (rig.says("\"state\":\"pending\"")) ++pending_s;
  }
  EXPECT_TRUE(rig.fires()) << rig.alerts->status_json();
  EXPECT_GE(pending_s, for_s - 1);
  pass(15);
  ASSERT_EQ(rig.messages.size(), 1);
  const AlertMessage& told = rig.messages[0].message;
  ASSERT_EQ(told.firing_count(), 1);
  EXPECT_EQ(told.groups[0].firing[0].label("alertname"), name);

  world.is_bad = false;
  pass(1'300);
  EXPECT_FALSE(rig.fires()) << rig.alerts->status_json();
  ASSERT_EQ(rig.messages.size(), 2);
  EXPECT_EQ(rig.messages[1].message.firing_count(), 0);
  EXPECT_EQ(rig.messages[1].message.resolved_count(), 1);
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(Guides, GuideAlerts, testing::Values(
    // alerting.json
    GuideAlert{"high_cpu_usage", "cpu_usage > 90", 300},
    GuideAlert{"high_error_rate", "error_rate > 5", 60},
    // alert_rules.yml, and what is said of other services
    GuideAlert{"HighErrorRate", R"(rate(http_requests_total{status_code=~"5.."}[5m]) / rate(http_requests_total[5m]) > 0.1)", 300},
    GuideAlert{"HighErrorRateApi", R"(rate(http_requests_total{status=~"5.."}[5m]) > 0.05)", 300},
    GuideAlert{"HighResponseTime", "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) > 1", 300},
    GuideAlert{"HighMemoryUsage", "(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / node_memory_MemTotal_bytes > 0.9", 300},
    GuideAlert{"DiskSpaceLow", "(node_filesystem_avail_bytes / node_filesystem_size_bytes) < 0.1", 300},
    GuideAlert{"ToolExecutionFailure", R"(rate(tool_executions_total{status="error"}[5m]) > 0.1)", 120},
    // named without a condition
    GuideAlert{"high_error_rate_10", "error_rate > 10", 60},
    GuideAlert{"memory_usage_high", "memory_usage > 90", 300},
    GuideAlert{"disk_space_low", "disk_usage > 90", 300},
    GuideAlert{"slow_response_times", "p95(http_request_duration_seconds) > 1s", 300},
    GuideAlert{"retry_rate", "rate(workflow_retries_total[10m]) / rate(workflow_executions_total[10m]) > 0.2 by (workflow)", 600},
    GuideAlert{"queue_backlog", "sawlog_lag_seconds > 60 and delta(sawlog_lag_bytes[10m]) > 0", 600},
    GuideAlert{"service_down", "absent(http_requests_total) or rate(http_requests_total{status_code=\"200\"}[1m]) < 6", 60},
    GuideAlert{"output_down", "sawlog_output_up == 0", 60},
    GuideAlert{"HighLLMErrorRate", "rate(llm_errors_total[5m]) / rate(llm_requests_total[5m]) > 5% by (model)", 300},
    GuideAlert{"HighLatency", "p95(http_request_duration_seconds) > 5s", 300},
    GuideAlert{"HighAgentErrorRate", "rate(agent_errors_total[5m]) / rate(agent_executions_total[5m]) > 10% by (agent_name)", 300},
    GuideAlert{"SlowAgentExecution", "p95(agent_execution_duration_seconds) > 10s", 300},
    GuideAlert{"SlowDatabaseQueries", "p95(db_query_duration_seconds) > 1s", 300},
    GuideAlert{"LowGroundingScore", "p50(rag_grounding_score[10m]) < 0.45", 600}),
    [](const auto& alert) { return std::string(alert.param.name); });
// clang-format on

}  // namespace
}  // namespace sawlog::agent
