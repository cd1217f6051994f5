#include <array>
#include <cstddef>

#include <sawlog/events.h>

namespace sawlog::events {

namespace {

// Fields that are left out when they are not set.
class EventFields {
 public:
  explicit EventFields(std::string_view event_name) { add(Field("event.name", event_name)); }

  void add(const Field& field) { fields_[count_++] = field; }
  void add_text(Key key, std::string_view text) {
    if (!text.empty()) add(Field(key, text));
  }
  template <class T>
  void add_value(Key key, const std::optional<T>& value) {
    if (value) add(Field(key, *value));
  }
  void add_result(std::string_view outcome, const Duration& duration, std::string_view error) {
    if (outcome.empty()) outcome = error.empty() ? "success" : "failure";
    add_text("outcome", outcome);
    add_end(duration, error);
  }
  void add_end(const Duration& duration, std::string_view error) {
    add_value("event.duration", duration);
    add_text("error.type", error);
  }

  void log(const Logger& logger, Level level, std::string_view message,
           const Place& where) const noexcept {
    logger.log(level, message, fields_.data(), count_, where);
  }

 private:
  static constexpr size_t kFieldsMax = 12;
  std::array<Field, kFieldsMax> fields_ = make_empty();
  size_t count_ = 0;

  static std::array<Field, kFieldsMax> make_empty() {
    const Field none("none", nullptr);
    return {none, none, none, none, none, none, none, none, none, none, none, none};
  }
};

constexpr int kServerErrors = 500;

Level level_of(std::string_view error_type) {
  return error_type.empty() ? Level::info : Level::error;
}

// fill(fields) adds what is special.
template <class Fill>
void write(const Logger& log, Level level, std::string_view name, std::string_view message,
           const Place& where, Fill fill) noexcept {
  if (!log.is_enabled(level)) return;
  EventFields fields(name);
  fill(fields);
  fields.log(log, level, message, where);
}

}  // namespace

void http_request(const Logger& log, const HttpRequest& request, const Place& where) noexcept {
  const Level level = request.status >= kServerErrors ? Level::error : level_of(request.error_type);
  write(log, level, "http.request", "http request", where, [&](EventFields& fields) {
    fields.add_text("http.request.method", request.method);
    fields.add_text("http.route", request.route);
    if (request.status != 0) fields.add(Field("http.response.status_code", request.status));
    fields.add_end(request.duration, request.error_type);
  });
}

void http_request_started(const Logger& log, const HttpRequestStarted& request,
                          const Place& where) noexcept {
  write(log, Level::info, "http.request.started", "http request started", where,
        [&](EventFields& fields) {
          fields.add_text("http.request.method", request.method);
          fields.add_text("http.route", request.route);
        });
}

void agent_execution(const Logger& log, const AgentExecution& event, const Place& where) noexcept {
  write(log, level_of(event.error_type), "agent.execution", "agent execution", where,
        [&](EventFields& fields) {
          fields.add_text("gen_ai.agent.name", event.agent);
          fields.add_text("intent", event.intent);
          fields.add_result(event.outcome, event.duration, event.error_type);
        });
}

void agent_execution_started(const Logger& log, const AgentExecutionStarted& event,
                             const Place& where) noexcept {
  write(log, Level::info, "agent.execution.started", "agent execution started", where,
        [&](EventFields& fields) {
          fields.add_text("gen_ai.agent.name", event.agent);
          fields.add_text("intent", event.intent);
        });
}

void agent_query(const Logger& log, const AgentQuery& event, const Place& where) noexcept {
  write(log, Level::info, "agent.query", "agent query", where, [&](EventFields& fields) {
    fields.add_text("gen_ai.agent.name", event.agent);
    fields.add_text("query_type", event.query_type);
  });
}

void llm_request(const Logger& log, const LlmRequest& event, const Place& where) noexcept {
  write(log, level_of(event.error_type), "llm.request", "llm request", where,
        [&](EventFields& fields) {
          fields.add_text("gen_ai.request.model", event.model);
          fields.add_text("gen_ai.operation.name", event.operation);
          fields.add_value("gen_ai.usage.input_tokens", event.input_tokens);
          fields.add_value("gen_ai.usage.output_tokens", event.output_tokens);
          fields.add_value("cost_usd", event.cost_usd);
          fields.add_end(event.duration, event.error_type);
        });
}

void tool_execution(const Logger& log, const ToolExecution& event, const Place& where) noexcept {
  write(log, level_of(event.error_type), "tool.execution", "tool execution", where,
        [&](EventFields& fields) {
          fields.add_text("gen_ai.tool.name", event.tool);
          fields.add_result(event.outcome, event.duration, event.error_type);
        });
}

void db_query(const Logger& log, const DbQuery& event, const Place& where) noexcept {
  write(log, level_of(event.error_type), "db.query", "database query", where,
        [&](EventFields& fields) {
          fields.add_text("db.operation.name", event.operation);
          fields.add_text("db.collection.name", event.collection);
          fields.add_end(event.duration, event.error_type);
        });
}

void rag_retrieval(const Logger& log, const RagRetrieval& event, const Place& where) noexcept {
  write(log, level_of(event.error_type), "rag.retrieval", "rag retrieval", where,
        [&](EventFields& fields) {
          fields.add_text("namespace", event.rag_namespace);
          fields.add_value("chunks", event.chunks);
          fields.add_value("grounding_score", event.grounding_score);
          fields.add_result(event.outcome, event.duration, event.error_type);
        });
}

void vectordb_query(const Logger& log, const VectordbQuery& event, const Place& where) noexcept {
  write(log, level_of(event.error_type), "vectordb.query", "vector database query", where,
        [&](EventFields& fields) {
          fields.add_text("index", event.index);
          fields.add_value("cache_hit", event.cache_hit);
          fields.add_end(event.duration, event.error_type);
        });
}

void embedding_generated(const Logger& log, const EmbeddingGenerated& event,
                         const Place& where) noexcept {
  write(log, level_of(event.error_type), "embedding.generated", "embedding generated", where,
        [&](EventFields& fields) {
          fields.add_text("gen_ai.request.model", event.model);
          fields.add_value("cache_hit", event.cache_hit);
          fields.add_end(event.duration, event.error_type);
        });
}

void cache_operation(const Logger& log, const CacheOperation& event, const Place& where) noexcept {
  write(log, level_of(event.error_type), "cache.operation", "cache operation", where,
        [&](EventFields& fields) {
          fields.add_text("cache_type", event.cache);
          fields.add_text("result", event.result);
          fields.add_end(event.duration, event.error_type);
        });
}

void auth_attempt(const Logger& log, const AuthAttempt& event, const Place& where) noexcept {
  const Level level = event.result == "success" ? Level::info : Level::warn;
  write(log, level, "auth.attempt", "authentication attempt", where, [&](EventFields& fields) {
    fields.add_text("method", event.method);
    fields.add_text("result", event.result);
  });
}

void permission_check(const Logger& log, const PermissionCheck& event,
                      const Place& where) noexcept {
  const Level level = event.result == "denied" ? Level::warn : Level::info;
  write(log, level, "permission.check", "permission check", where, [&](EventFields& fields) {
    fields.add_text("permission", event.permission);
    fields.add_text("result", event.result);
  });
}

void workflow_execution(const Logger& log, const WorkflowExecution& event,
                        const Place& where) noexcept {
  write(log, level_of(event.error_type), "workflow.execution", "workflow execution", where,
        [&](EventFields& fields) {
          fields.add_text("workflow", event.workflow);
          fields.add_value("retries", event.retries);
          fields.add_result(event.outcome, event.duration, event.error_type);
        });
}

void business_event(const Logger& log, const BusinessEvent& event, const Place& where) noexcept {
  write(log, Level::info, "business.event", event.name, where,
        [&](EventFields& fields) { fields.add_text("name", event.name); });
}

void gauge(const Logger& log, const Gauge& event, const Place& where) noexcept {
  const Object labels(event.labels);
  write(log, Level::info, "gauge", event.name, where, [&](EventFields& fields) {
    fields.add_text("name", event.name);
    fields.add(Field("value", event.value));
    if (event.labels.size() > 0) fields.add(Field("labels", labels));
  });
}

}  // namespace sawlog::events
