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
  void add_number(Key key, const std::optional<T>& number) {
    if (number) add(Field(key, *number));
  }
  void add_result(std::string_view outcome, const Duration& duration, std::string_view error) {
    if (outcome.empty()) outcome = error.empty() ? "success" : "failure";
    add_text("outcome", outcome);
    add_end(duration, error);
  }
  void add_end(const Duration& duration, std::string_view error) {
    add_number("event.duration", duration);
    add_text("error.type", error);
  }

  void log(const Logger& logger, Level level, std::string_view message,
           const std::source_location& where) const noexcept {
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

Level level_of(std::string_view error_type) {
  return error_type.empty() ? Level::info : Level::error;
}

}  // namespace

void http_request(const Logger& log, const HttpRequest& request,
                  const std::source_location& where) noexcept {
  constexpr int kServerErrors = 500;
  const Level level = request.status >= kServerErrors ? Level::error : level_of(request.error_type);
  if (!log.is_enabled(level)) return;
  EventFields fields("http.request");
  fields.add_text("http.request.method", request.method);
  fields.add_text("http.route", request.route);
  fields.add(Field("http.response.status_code", request.status));
  fields.add_end(request.duration, request.error_type);
  fields.log(log, level, "http request", where);
}

void agent_execution(const Logger& log, const AgentExecution& execution,
                     const std::source_location& where) noexcept {
  const Level level = level_of(execution.error_type);
  if (!log.is_enabled(level)) return;
  EventFields fields("agent.execution");
  fields.add_text("gen_ai.agent.name", execution.agent);
  fields.add_text("intent", execution.intent);
  fields.add_result(execution.outcome, execution.duration, execution.error_type);
  fields.log(log, level, "agent execution", where);
}

void llm_request(const Logger& log, const LlmRequest& request,
                 const std::source_location& where) noexcept {
  const Level level = level_of(request.error_type);
  if (!log.is_enabled(level)) return;
  EventFields fields("llm.request");
  fields.add_text("gen_ai.request.model", request.model);
  fields.add_text("gen_ai.operation.name", request.operation);
  fields.add_number("gen_ai.usage.input_tokens", request.input_tokens);
  fields.add_number("gen_ai.usage.output_tokens", request.output_tokens);
  fields.add_number("cost_usd", request.cost_usd);
  fields.add_end(request.duration, request.error_type);
  fields.log(log, level, "llm request", where);
}

void tool_execution(const Logger& log, const ToolExecution& execution,
                    const std::source_location& where) noexcept {
  const Level level = level_of(execution.error_type);
  if (!log.is_enabled(level)) return;
  EventFields fields("tool.execution");
  fields.add_text("gen_ai.tool.name", execution.tool);
  fields.add_result(execution.outcome, execution.duration, execution.error_type);
  fields.log(log, level, "tool execution", where);
}

void rag_retrieval(const Logger& log, const RagRetrieval& retrieval,
                   const std::source_location& where) noexcept {
  const Level level = level_of(retrieval.error_type);
  if (!log.is_enabled(level)) return;
  EventFields fields("rag.retrieval");
  fields.add_text("namespace", retrieval.rag_namespace);
  fields.add_number("chunks", retrieval.chunks);
  fields.add_number("grounding_score", retrieval.grounding_score);
  fields.add_result(retrieval.outcome, retrieval.duration, retrieval.error_type);
  fields.log(log, level, "rag retrieval", where);
}

}  // namespace sawlog::events
