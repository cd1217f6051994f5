// Timers for the events that take time: each writes its event when it is destroyed.
//
//   auto span = sawlog::events::time_http_request(log, {.method = "GET", .route = "/orders"});
//   span->status = handle(request);
//
// The duration is that from here to there, on the monotonic clock, unless it was set. If the block
// is left by an exception, the error type is "exception" where none was set; fail() says more. The
// texts of the event must live as long as the timer.
#pragma once

#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include <sawlog/events.h>

namespace sawlog::events {

// For one thread at a time.
template <class Event>
class [[nodiscard]] Timer {
 public:
  using Write = void (*)(const Logger&, const Event&, const Place&) noexcept;

  Timer(Write write, Logger log, const Event& event, const Place& where)
      : write_(write), log_(std::move(log)), where_(where), event_(event) {}
  ~Timer() {
    if (!event_.duration) event_.duration = Clock::now() - begin_;
    if (event_.error_type.empty() && std::uncaught_exceptions() > uncaught_at_begin_) {
      event_.error_type = "exception";
    }
    write_(log_, event_, where_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // The event, to be completed until the end.
  Event* operator->() { return &event_; }
  Event& operator*() { return event_; }

  // What went wrong, for error.type; the text is copied.
  void fail(std::string error_type) {
    error_type_ = std::move(error_type);
    event_.error_type = error_type_;
  }
  void fail(const std::exception& exception) { fail(error(exception).type); }

 private:
  using Clock = std::chrono::steady_clock;

  const Write write_;
  const Logger log_;
  const Place where_;
  const Clock::time_point begin_ = Clock::now();
  const int uncaught_at_begin_ = std::uncaught_exceptions();
  Event event_;
  std::string error_type_;
};

inline Timer<HttpRequest> time_http_request(Logger log, const HttpRequest& event = {},
                                            const Place& where = Place::current()) {
  return {&http_request, std::move(log), event, where};
}

inline Timer<AgentExecution> time_agent_execution(Logger log, const AgentExecution& event = {},
                                                  const Place& where = Place::current()) {
  return {&agent_execution, std::move(log), event, where};
}

inline Timer<LlmRequest> time_llm_request(Logger log, const LlmRequest& event = {},
                                          const Place& where = Place::current()) {
  return {&llm_request, std::move(log), event, where};
}

inline Timer<ToolExecution> time_tool_execution(Logger log, const ToolExecution& event = {},
                                                const Place& where = Place::current()) {
  return {&tool_execution, std::move(log), event, where};
}

inline Timer<DbQuery> time_db_query(Logger log, const DbQuery& event = {},
                                    const Place& where = Place::current()) {
  return {&db_query, std::move(log), event, where};
}

inline Timer<RagRetrieval> time_rag_retrieval(Logger log, const RagRetrieval& event = {},
                                              const Place& where = Place::current()) {
  return {&rag_retrieval, std::move(log), event, where};
}

inline Timer<VectordbQuery> time_vectordb_query(Logger log, const VectordbQuery& event = {},
                                                const Place& where = Place::current()) {
  return {&vectordb_query, std::move(log), event, where};
}

inline Timer<EmbeddingGenerated> time_embedding_generated(Logger log,
                                                          const EmbeddingGenerated& event = {},
                                                          const Place& where = Place::current()) {
  return {&embedding_generated, std::move(log), event, where};
}

inline Timer<CacheOperation> time_cache_operation(Logger log, const CacheOperation& event = {},
                                                  const Place& where = Place::current()) {
  return {&cache_operation, std::move(log), event, where};
}

inline Timer<WorkflowExecution> time_workflow_execution(Logger log,
                                                        const WorkflowExecution& event = {},
                                                        const Place& where = Place::current()) {
  return {&workflow_execution, std::move(log), event, where};
}

}  // namespace sawlog::events
