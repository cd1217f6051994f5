// Each kind of event: its name, its fields, its level; timers.
#include <chrono>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sawlog/sawlog.h>

#include "tests/unit/lib/log_directory.h"

namespace sawlog::events {
namespace {

using namespace std::chrono_literals;

class Events : public ::testing::Test {
 protected:
  Events() { start({.service = "s", .file = logs_.path("log"), .source_location = false}); }
  ~Events() override { stop(); }

  std::string last_line() {
    EXPECT_TRUE(flush());
    return logs_.lines("log").back();
  }
  void check(std::string_view level, std::string_view message, std::string_view fields) {
    const std::string line = last_line();
    EXPECT_NE(line.find(joined({"\"log.level\":\"", level, "\",\"message\":\"", message, "\""})),
              std::string::npos)
        << line;
    EXPECT_TRUE(line.ends_with(joined({"\"service.name\":\"s\",", fields, "}"}))) << line;
  }

  LogDirectory logs_;
  const Logger log_ = get("");
};

TEST_F(Events, Http) {
  http_request(log_, {.method = "POST", .route = "/o/{id}", .status = 201, .duration = 5ms});
  check("info", "http request",
        R"("event.name":"http.request","http.request.method":"POST","http.route":"/o/{id}",)"
        R"("http.response.status_code":201,"event.duration":5000000)");
  http_request(log_, {.method = "GET", .route = "/", .status = 503});
  check("error", "http request",
        R"("event.name":"http.request","http.request.method":"GET","http.route":"/",)"
        R"("http.response.status_code":503)");
  http_request_started(log_, {.method = "GET", .route = "/"});
  check("info", "http request started",
        R"("event.name":"http.request.started","http.request.method":"GET","http.route":"/")");
}

TEST_F(Events, AgentsModelsAndTools) {
  agent_execution(log_, {.agent = "booking", .intent = "book", .error_type = "timeout"});
  check("error", "agent execution",
        R"("event.name":"agent.execution","gen_ai.agent.name":"booking","intent":"book",)"
        R"("outcome":"failure","error.type":"timeout")");
  agent_execution_started(log_, {.agent = "booking"});
  check("info", "agent execution started",
        R"("event.name":"agent.execution.started","gen_ai.agent.name":"booking")");
  agent_query(log_, {.agent = "faq", .query_type = "policy"});
  check("info", "agent query",
        R"("event.name":"agent.query","gen_ai.agent.name":"faq","query_type":"policy")");
  llm_request(log_, {.model = "m",
                     .operation = "chat",
                     .input_tokens = 7,
                     .output_tokens = 0,
                     .cost_usd = 0.25,
                     .duration = 1s});
  check("info", "llm request",
        R"("event.name":"llm.request","gen_ai.request.model":"m","gen_ai.operation.name":"chat",)"
        R"("gen_ai.usage.input_tokens":7,"gen_ai.usage.output_tokens":0,"cost_usd":0.25,)"
        R"("event.duration":1000000000)");
  tool_execution(log_, {.tool = "search", .duration = 2ns});
  check("info", "tool execution",
        R"("event.name":"tool.execution","gen_ai.tool.name":"search","outcome":"success",)"
        R"("event.duration":2)");
  workflow_execution(log_, {.workflow = "refund", .outcome = "escalated", .retries = 2});
  check("info", "workflow execution",
        R"("event.name":"workflow.execution","workflow":"refund","retries":2,)"
        R"("outcome":"escalated")");
}

TEST_F(Events, StoresAndCaches) {
  db_query(log_, {.operation = "SELECT", .collection = "orders", .duration = 1ms});
  check("info", "database query",
        R"("event.name":"db.query","db.operation.name":"SELECT","db.collection.name":"orders",)"
        R"("event.duration":1000000)");
  rag_retrieval(log_, {.rag_namespace = "docs", .chunks = 4, .grounding_score = 0.5});
  check("info", "rag retrieval",
        R"("event.name":"rag.retrieval","namespace":"docs","chunks":4,"grounding_score":0.5,)"
        R"("outcome":"success")");
  vectordb_query(log_, {.index = "kb", .cache_hit = false});
  check("info", "vector database query",
        R"("event.name":"vectordb.query","index":"kb","cache_hit":false)");
  embedding_generated(log_, {.model = "e-1", .cache_hit = true});
  check("info", "embedding generated",
        R"("event.name":"embedding.generated","gen_ai.request.model":"e-1","cache_hit":true)");
  cache_operation(log_, {.cache = "sessions", .result = "miss"});
  check("info", "cache operation",
        R"("event.name":"cache.operation","cache_type":"sessions","result":"miss")");
}

TEST_F(Events, SecurityAndBusiness) {
  auth_attempt(log_, {.method = "password", .result = "failure"});
  check("warn", "authentication attempt",
        R"("event.name":"auth.attempt","method":"password","result":"failure")");
  auth_attempt(log_, {.result = "success"});
  check("info", "authentication attempt", R"("event.name":"auth.attempt","result":"success")");
  permission_check(log_, {.permission = "orders:write", .result = "denied"});
  check("warn", "permission check",
        R"("event.name":"permission.check","permission":"orders:write","result":"denied")");
  business_event(log_, {.name = "booking_created"});
  check("info", "booking_created", R"("event.name":"business.event","name":"booking_created")");
  gauge(log_, {.name = "active_sessions", .value = 12, .labels = {{"kind", "chat"}}});
  check("info", "active_sessions",
        R"("event.name":"gauge","name":"active_sessions","value":12.0,"labels":{"kind":"chat"})");
}

TEST_F(Events, TimersWriteAtTheEndOfTheirBlock) {
  {
    auto span = time_http_request(log_, {.method = "GET", .route = "/slow"});
    span->status = 404;
    span->duration = 3ms;
  }
  check("info", "http request",
        R"("event.name":"http.request","http.request.method":"GET","http.route":"/slow",)"
        R"("http.response.status_code":404,"event.duration":3000000)");
  const auto before = std::chrono::steady_clock::now();
  {
    const auto span = time_db_query(log_, {.operation = "SELECT"});
  }
  const std::chrono::nanoseconds most = std::chrono::steady_clock::now() - before;
  const std::string line = last_line();
  const std::string key = R"("event.duration":)";
  const auto duration = std::stoll(line.substr(line.find(key) + key.size()));
  EXPECT_GE(duration, 0);
  EXPECT_LE(duration, most.count());
}

TEST_F(Events, TimersSayWhatWentWrong) {
  try {
    auto span = time_tool_execution(log_, {.tool = "search", .duration = 1ns});
    throw std::runtime_error("no");
  } catch (const std::exception&) {
    check("error", "tool execution",
          R"("event.name":"tool.execution","gen_ai.tool.name":"search","outcome":"failure",)"
          R"("event.duration":1,"error.type":"exception")");
  }
  {
    auto span = time_tool_execution(log_, {.tool = "search", .duration = 1ns});
    span.fail(std::out_of_range("no"));
  }
  check("error", "tool execution",
        R"("event.name":"tool.execution","gen_ai.tool.name":"search","outcome":"failure",)"
        R"("event.duration":1,"error.type":"std::out_of_range")");
}

// A timer that is destroyed while another exception is in flight did not fail by it.
TEST_F(Events, TimersOfDestructorsDoNotFailByAnOlderException) {
  struct Late {
    ~Late() { const auto span = time_cache_operation(get(""), {.cache = "c", .duration = 1ns}); }
  };
  try {
    const Late late;
    throw std::runtime_error("no");
  } catch (const std::exception&) {
    check("info", "cache operation",
          R"("event.name":"cache.operation","cache_type":"c","event.duration":1)");
  }
}

}  // namespace
}  // namespace sawlog::events
