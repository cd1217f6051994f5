// Records with a name and known fields, from which dashboards and metrics are made
// (docs/format.md).
//
//   sawlog::events::http_request(log, {.method = "POST", .route = "/orders", .status = 201});
//
// Each function writes event.name and the fields that are set, under the names that stand beside
// them. An error type makes the level error, and the outcome "failure" where none is given (else
// "success"). Nothing is allocated, nothing throws. What takes time has a timer, too:
// event_timer.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <string_view>

#include <sawlog/field.h>
#include <sawlog/logger.h>

namespace sawlog::events {

using Duration = std::optional<std::chrono::nanoseconds>;  // event.duration
using Count = std::optional<std::uint64_t>;
using Place = std::source_location;

// http.request; the level is error from status 500 on, else info.
struct HttpRequest {
  std::string_view method = {};  // http.request.method
  std::string_view route = {};   // http.route: the pattern, /orders/{id}, not the path
  int status = 0;                // http.response.status_code; 0: there was none
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void http_request(const Logger& log, const HttpRequest& request,
                  const Place& where = Place::current()) noexcept;

// http.request.started: opens the gauge of requests in progress, which http.request with the same
// span_id or request.id (of the scope) closes.
struct HttpRequestStarted {
  std::string_view method = {};  // http.request.method
  std::string_view route = {};   // http.route
};
void http_request_started(const Logger& log, const HttpRequestStarted& request,
                          const Place& where = Place::current()) noexcept;

// agent.execution
struct AgentExecution {
  std::string_view agent = {};    // gen_ai.agent.name
  std::string_view intent = {};   // intent
  std::string_view outcome = {};  // outcome: success, failure, …
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void agent_execution(const Logger& log, const AgentExecution& event,
                     const Place& where = Place::current()) noexcept;

// agent.execution.started: as that of requests.
struct AgentExecutionStarted {
  std::string_view agent = {};   // gen_ai.agent.name
  std::string_view intent = {};  // intent
};
void agent_execution_started(const Logger& log, const AgentExecutionStarted& event,
                             const Place& where = Place::current()) noexcept;

// agent.query
struct AgentQuery {
  std::string_view agent = {};       // gen_ai.agent.name
  std::string_view query_type = {};  // query_type
};
void agent_query(const Logger& log, const AgentQuery& event,
                 const Place& where = Place::current()) noexcept;

// llm.request
struct LlmRequest {
  std::string_view model = {};          // gen_ai.request.model
  std::string_view operation = {};      // gen_ai.operation.name: chat, embeddings
  Count input_tokens = {};              // gen_ai.usage.input_tokens
  Count output_tokens = {};             // gen_ai.usage.output_tokens
  std::optional<double> cost_usd = {};  // cost_usd
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void llm_request(const Logger& log, const LlmRequest& event,
                 const Place& where = Place::current()) noexcept;

// tool.execution
struct ToolExecution {
  std::string_view tool = {};     // gen_ai.tool.name
  std::string_view outcome = {};  // outcome: success, failure, …
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void tool_execution(const Logger& log, const ToolExecution& event,
                    const Place& where = Place::current()) noexcept;

// db.query
struct DbQuery {
  std::string_view operation = {};   // db.operation.name: SELECT, insert, …
  std::string_view collection = {};  // db.collection.name: the table
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void db_query(const Logger& log, const DbQuery& event,
              const Place& where = Place::current()) noexcept;

// rag.retrieval
struct RagRetrieval {
  std::string_view rag_namespace = {};         // namespace
  std::string_view outcome = {};               // outcome: success, failure, …
  Count chunks = {};                           // chunks
  std::optional<double> grounding_score = {};  // grounding_score
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void rag_retrieval(const Logger& log, const RagRetrieval& event,
                   const Place& where = Place::current()) noexcept;

// vectordb.query
struct VectordbQuery {
  std::string_view index = {};         // index
  std::optional<bool> cache_hit = {};  // cache_hit
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void vectordb_query(const Logger& log, const VectordbQuery& event,
                    const Place& where = Place::current()) noexcept;

// embedding.generated
struct EmbeddingGenerated {
  std::string_view model = {};         // gen_ai.request.model
  std::optional<bool> cache_hit = {};  // cache_hit
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void embedding_generated(const Logger& log, const EmbeddingGenerated& event,
                         const Place& where = Place::current()) noexcept;

// cache.operation
struct CacheOperation {
  std::string_view cache = {};   // cache_type
  std::string_view result = {};  // result: hit, miss
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void cache_operation(const Logger& log, const CacheOperation& event,
                     const Place& where = Place::current()) noexcept;

// auth.attempt; the level is warn unless the result is "success".
struct AuthAttempt {
  std::string_view method = {};  // method: password, token, …
  std::string_view result = {};  // result: success, failure
};
void auth_attempt(const Logger& log, const AuthAttempt& event,
                  const Place& where = Place::current()) noexcept;

// permission.check; the level is warn if the result is "denied".
struct PermissionCheck {
  std::string_view permission = {};  // permission
  std::string_view result = {};      // result: granted, denied
};
void permission_check(const Logger& log, const PermissionCheck& event,
                      const Place& where = Place::current()) noexcept;

// workflow.execution
struct WorkflowExecution {
  std::string_view workflow = {};  // workflow
  std::string_view outcome = {};   // outcome: success, failure, …
  Count retries = {};              // retries
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void workflow_execution(const Logger& log, const WorkflowExecution& event,
                        const Place& where = Place::current()) noexcept;

// business.event
struct BusinessEvent {
  std::string_view name = {};  // name: booking_created, user_registered, …
};
void business_event(const Logger& log, const BusinessEvent& event,
                    const Place& where = Place::current()) noexcept;

// gauge: a value that goes up and down, as it is now.
struct Gauge {
  std::string_view name = {};                 // name: active_sessions, cache_size_bytes, …
  double value = 0;                           // value
  std::initializer_list<Member> labels = {};  // labels, an object
};
void gauge(const Logger& log, const Gauge& event, const Place& where = Place::current()) noexcept;

}  // namespace sawlog::events
