// Records with a name and known fields, from which dashboards and metrics are made (docs/events).
// Each writes event.name and the fields that are set. An error type makes the level error, and
// the outcome "failure" where none is given (else "success").
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>

#include <sawlog/logger.h>

namespace sawlog::events {

using Duration = std::optional<std::chrono::nanoseconds>;  // event.duration

// http.request; the level is error from status 500 on, else info.
struct HttpRequest {
  std::string_view method = {};  // http.request.method
  std::string_view route = {};   // http.route: the pattern, /orders/{id}, not the path
  int status = 0;                // http.response.status_code
  Duration duration = {};
  std::string_view error_type = {};  // error.type
};
void http_request(const Logger& log, const HttpRequest& request,
                  const std::source_location& where = std::source_location::current()) noexcept;

// agent.execution
struct AgentExecution {
  std::string_view agent = {};   // gen_ai.agent.name
  std::string_view intent = {};  // intent
  std::string_view outcome = {};
  Duration duration = {};
  std::string_view error_type = {};
};
void agent_execution(const Logger& log, const AgentExecution& execution,
                     const std::source_location& where = std::source_location::current()) noexcept;

// llm.request
struct LlmRequest {
  std::string_view model = {};                      // gen_ai.request.model
  std::string_view operation = {};                  // gen_ai.operation.name: chat, embeddings
  std::optional<std::uint64_t> input_tokens = {};   // gen_ai.usage.input_tokens
  std::optional<std::uint64_t> output_tokens = {};  // gen_ai.usage.output_tokens
  std::optional<double> cost_usd = {};              // cost_usd
  Duration duration = {};
  std::string_view error_type = {};
};
void llm_request(const Logger& log, const LlmRequest& request,
                 const std::source_location& where = std::source_location::current()) noexcept;

// tool.execution
struct ToolExecution {
  std::string_view tool = {};  // gen_ai.tool.name
  std::string_view outcome = {};
  Duration duration = {};
  std::string_view error_type = {};
};
void tool_execution(const Logger& log, const ToolExecution& execution,
                    const std::source_location& where = std::source_location::current()) noexcept;

// rag.retrieval
struct RagRetrieval {
  std::string_view rag_namespace = {};  // namespace
  std::string_view outcome = {};
  std::optional<std::uint64_t> chunks = {};
  std::optional<double> grounding_score = {};
  Duration duration = {};
  std::string_view error_type = {};
};
void rag_retrieval(const Logger& log, const RagRetrieval& retrieval,
                   const std::source_location& where = std::source_location::current()) noexcept;

}  // namespace sawlog::events
