// What the presets make of events: names, labels, values. What a whole day of them comes to is
// counted in tests/prometheus/test_day.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/metrics/feed.h"

namespace sawlog::agent {
namespace {

using outputs::SaveKind;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kTime = R"("@timestamp":"2023-11-14T22:13:00Z",)";

// The lines that begin so, after these records, with the presets that are on by default.
std::vector<std::string> shown(const std::vector<std::string>& records, const std::string& begin) {
  Feed feed;
  feed.lines(records);
  return feed.shown(begin);
}

TEST(Presets, OutcomesAreSuccessOrError) {
  const auto status_of = [](const std::string& fields) {
    return shown({R"({"event.name":"tool.execution","tool":"search")" + fields + "}"},
                 "tool_executions_total");
  };
  const auto is = [](const std::string& status) {
    return ElementsAre(R"(tool_executions_total{tool_name="search",status=")" + status + R"("} 1)");
  };
  EXPECT_THAT(status_of(R"(,"outcome":"success")"), is("success"));
  EXPECT_THAT(status_of(R"(,"status":"OK")"), is("success"));
  EXPECT_THAT(status_of(R"(,"outcome":"failure")"), is("error"));
  EXPECT_THAT(status_of(R"(,"status":"Failed")"), is("error"));
  EXPECT_THAT(status_of(R"(,"status":"timeout")"), is("timeout"));
  EXPECT_THAT(status_of(R"(,"error.type":"Timeout")"), is("error"));
  EXPECT_THAT(status_of(""), is("success"));
}

TEST(Presets, EventsWithoutANameAreKnownByTheirFields) {
  const auto counted = [](const std::string& record) {
    std::vector<std::string> names;
    for (const std::string& line : shown({record}, "")) {
      const std::string name = line.substr(0, line.find_first_of("{ "));
      if (name.ends_with("_total") && !name.starts_with("log_")) names.push_back(name);
    }
    return names;
  };
  EXPECT_THAT(counted(R"({"agent_name":"planner","intent":"plan","status":"success"})"),
              ElementsAre("agent_executions_total"));
  EXPECT_THAT(counted(R"({"agent_type":"research","duration":1.5})"),
              ElementsAre("agent_queries_total"));
  EXPECT_THAT(counted(R"({"tool_name":"search","status":"error"})"),
              ElementsAre("tool_executions_total"));
  EXPECT_THAT(counted(R"({"operation":"SELECT","table":"orders","duration_ms":2})"),
              ElementsAre("db_queries_total"));
  EXPECT_THAT(counted(R"({"namespace":"docs","chunks":4})"), ElementsAre("rag_retrievals_total"));
  EXPECT_THAT(counted(R"({"cache_type":"query","result":"hit"})"),
              ElementsAre("cache_operations_total"));
  EXPECT_THAT(counted(R"({"workflow":"build","status":"success"})"),
              ElementsAre("workflow_executions_total"));
  EXPECT_THAT(counted(R"({"event.name":"of.ours","workflow":"build","status":"success"})"),
              IsEmpty());
  EXPECT_THAT(counted(R"({"message":"nothing else"})"), IsEmpty());
}

TEST(Presets, TokensAndCostOfModels) {
  const std::vector<std::string> records = {
      R"({"model":"large","operation":"chat","prompt_tokens":100,"completion_tokens":20,"cost":0.5})",
      R"({"event.name":"llm.request","gen_ai.request.model":"large","gen_ai.operation.name":"chat",)"
      R"("gen_ai.usage.input_tokens":10,"cost_usd":"0.25","error.type":"rate_limit"})"};
  EXPECT_THAT(shown(records, "llm_tokens_used_total"),
              ElementsAre(R"(llm_tokens_used_total{model="large",token_type="input"} 110)",
                          R"(llm_tokens_used_total{model="large",token_type="output"} 20)"));
  EXPECT_THAT(shown(records, "api_cost"),
              ElementsAre(R"(api_cost_dollars_total{model="large"} 0.75)"));
  EXPECT_THAT(shown(records, "llm_errors_total"),
              ElementsAre(R"(llm_errors_total{model="large",error_type="rate_limit"} 1)"));
  EXPECT_THAT(shown(records, "gen_ai_client_token_usage_count"), testing::SizeIs(2));
}

TEST(Presets, WhatGoesOn) {
  Feed feed;
  const auto started = [](const std::string& id) {
    return R"({)" + kTime + R"("event.name":"http.request.started","request_id":")" + id + "\"}";
  };
  const auto ended = [](const std::string& id) {
    return R"({"event.name":"http.request","request.id":")" + id +
           R"(","method":"GET","path":"/","status":200})";
  };
  feed.lines({started("a"), started("b"), started("b"), started(""), ended("unknown")});
  EXPECT_THAT(feed.shown("http_requests_in_progress"), ElementsAre("http_requests_in_progress 2"));
  EXPECT_THAT(feed.shown("active_"), ElementsAre("active_connections 2", "active_requests 2"));
  feed.lines({ended("a"), ended("a")});
  EXPECT_THAT(feed.shown("http_requests_in_progress"), ElementsAre("http_requests_in_progress 1"));
  feed.lines({ended("b")});
  EXPECT_THAT(feed.shown("http_requests_in_progress"), ElementsAre("http_requests_in_progress 0"));
}

TEST(Presets, WhatAServiceMeasuresGoesBeforeWhatWasCounted) {
  Feed feed;
  feed.lines({R"({)" + kTime + R"("event.name":"http.request.started","span_id":"a"})",
              R"({"event.name":"gauge","name":"active_connections","value":40})"});
  EXPECT_THAT(feed.shown("active_"), ElementsAre("active_connections 40", "active_requests 1"));
}

TEST(Presets, AStartWithoutAnEndLeavesAfterAWhileAlsoWhenNothingIsRead) {
  Feed feed;
  feed.lines({R"({)" + kTime +
              R"("event.name":"agent.execution.started","span_id":"a","agent":"planner"})"});
  EXPECT_EQ(feed.handler().step().at_monotonic_ns, 880'000'000'001);  // 15 minutes less 20 s
  EXPECT_FALSE(feed.handler().wants_save());
  EXPECT_THAT(feed.shown("agent_conc"),
              ElementsAre(R"(agent_concurrent_executions{agent_name="planner"} 1)"));
  feed.clock().now_unix_ns += 880'000'000'001;
  (void)feed.handler().step();
  EXPECT_TRUE(feed.handler().wants_save());
  EXPECT_THAT(feed.shown("agent_conc"),
              ElementsAre(R"(agent_concurrent_executions{agent_name="planner"} 0)"));
  EXPECT_FALSE(feed.handler().wants_save());
  EXPECT_EQ(feed.handler().step().at_monotonic_ns, INT64_MAX);
}

TEST(Presets, WhatGoesOnComesBackAfterACrash) {
  const auto line = [](const std::string& event, const std::string& id) {
    return R"({)" + kTime + R"("event.name":")" + event + R"(","span_id":")" + id +
           R"(","agent_name":"planner"})";
  };
  const std::string series = R"(agent_concurrent_executions{agent_name="planner"} )";
  Feed feed;
  feed.lines({line("agent.execution.started", "a"), line("agent.execution.started", "b")});
  std::vector<std::string> states = {feed.handler().save_state(SaveKind::kFull)};
  feed.handler().saved();
  feed.lines({line("agent.execution", "a"), line("agent.execution.started", "c")});
  states.push_back(feed.handler().save_state(SaveKind::kDelta));
  feed.handler().saved();

  Feed restarted({}, states);
  EXPECT_THAT(restarted.shown("agent_conc"), ElementsAre(series + "2"));
  restarted.lines({line("agent.execution", "a"), line("agent.execution", "b")});
  EXPECT_THAT(restarted.shown("agent_conc"), ElementsAre(series + "1"));
  restarted.lines({line("agent.execution", "c")});
  EXPECT_THAT(restarted.shown("agent_conc"), ElementsAre(series + "0"));
}

TEST(Presets, AccessLogsCountWhereTheirPresetIsListed) {
  config::MetricsConfig config;
  config.presets_by_source["access"] = {"access"};
  const std::string line =
      R"({"event.name":"http.access","method":"GET","path":"/a","status":200})";
  Feed feed(config);
  feed.lines({line});
  EXPECT_THAT(feed.shown("http_requests_total"), IsEmpty());
  feed.from("access").lines({line});
  EXPECT_THAT(
      feed.shown("http_requests_total"),
      ElementsAre(R"(http_requests_total{method="GET",endpoint="/a",status_code="200"} 1)"));
  EXPECT_THAT(feed.shown("log_records_total"), testing::SizeIs(1));
}

// A rule takes its series from one that has more of the same labels; not from the overflow series.
TEST(Presets, RulesThatShareLabelsAgreeWhenThereAreTooMany) {
  config::MetricsConfig config = presets({"http"});
  config.series_max = 3;
  Feed feed(config);
  const auto request = [](const std::string& path, int status) {
    return R"({"method":"GET","path":")" + path + R"(","status":)" + std::to_string(status) +
           R"(,"duration":0.1})";
  };
  for (int round = 0; round < 2; ++round) {
    feed.lines({request("/a", 200), request("/a", 201), request("/a", 404), request("/a", 500),
                request("/b", 200), request("/c", 200), request("/d", 200)});
  }
  EXPECT_THAT(feed.shown("http_requests_total"),
              ElementsAre(R"(http_requests_total{method="GET",endpoint="/a",status_code="200"} 2)",
                          R"(http_requests_total{method="GET",endpoint="/a",status_code="201"} 2)",
                          R"(http_requests_total{method="GET",endpoint="/a",status_code="404"} 2)",
                          R"(http_requests_total{method="__overflow__",endpoint="__overflow__",)"
                          R"(status_code="__overflow__"} 8)"));
  EXPECT_THAT(feed.shown("http_request_duration_seconds_count"),
              ElementsAre(R"(http_request_duration_seconds_count{method="GET",endpoint="/a"} 8)",
                          R"(http_request_duration_seconds_count{method="GET",endpoint="/b"} 2)",
                          R"(http_request_duration_seconds_count{method="GET",endpoint="/c"} 2)",
                          R"(http_request_duration_seconds_count{method="__overflow__",)"
                          R"(endpoint="__overflow__"} 2)"));
}

TEST(Presets, ExemplarsCarryTheTrace) {
  Feed feed;
  feed.lines({R"({"@timestamp":"2023-11-14T22:13:00.5Z","method":"GET","path":"/a","status":200,)"
              R"("duration_ms":30,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"})",
              R"({"method":"GET","path":"/b","status":200,"trace_id":"not \"an\" id"})"});
  (void)feed.shown();
  const std::vector<std::string> found = feed.published(ExpositionFormat::kOpenMetrics);
  const std::string trace = R"( # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} )";
  EXPECT_THAT(
      found,
      testing::IsSupersetOf(
          {R"(http_requests_total{method="GET",endpoint="/a",status_code="200"} 1)" + trace +
               "1 1699999980.5",
           R"(http_request_duration_seconds_bucket{method="GET",endpoint="/a",le="0.05"} 1)" +
               trace + "0.03 1699999980.5",
           std::string(R"(http_requests_total{method="GET",endpoint="/b",status_code="200"} 1)")}));
}

TEST(Presets, RecordedValuesAreCountedAndComeBack) {
  Feed feed;
  const std::string signup =
      R"({"metric_type":"counter","name":"custom_events_total","value":1,"labels":{"event_type":"signup"}})";
  feed.from(config::kRecordedSource)
      .lines({signup, signup,
              R"({"metric_type":"gauge","name":"queue_depth","value":7,"labels":{}})",
              R"({"metric_type":"histogram","name":"job_seconds","value":0.3})",
              R"({"metric_type":"counter","name":"custom_events_total","value":1})", "garbage"});
  EXPECT_THAT(feed.shown("custom_"), ElementsAre(R"(custom_events_total{event_type="signup"} 2)"));
  EXPECT_THAT(feed.handler().take_notices(), testing::SizeIs(2));
  EXPECT_THAT(feed.handler().take_notices(), IsEmpty());
  Feed restarted({}, {feed.handler().save_state(SaveKind::kFull)});
  EXPECT_THAT(restarted.shown(), feed.shown());
  restarted.from(config::kRecordedSource).lines({signup});
  EXPECT_THAT(restarted.shown("custom_"),
              ElementsAre(R"(custom_events_total{event_type="signup"} 3)"));
}

}  // namespace
}  // namespace sawlog::agent
