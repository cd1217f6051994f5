#include "parsers/field_aliases.h"

#include <array>

namespace sawlog::parsers {

namespace {

constexpr auto kAliases = std::to_array<FieldAlias>({
    {"@timestamp", "timestamp"},
    {"@timestamp", "time"},
    {"@timestamp", "ts"},
    {"@timestamp", "asctime"},
    {"@timestamp", "@t"},             // serilog, compact
    {"@timestamp", "Timestamp"},      // serilog, JSON
    {"@timestamp", "timeUnixNano"},   // OpenTelemetry's JSON
    {"@timestamp", "event.created"},  // a container's runtime
    {"log.level", "level"},
    {"log.level", "severity"},
    {"log.level", "levelname"},
    {"log.level", "lvl"},
    {"log.level", "@l"},
    {"log.level", "Level"},
    {"log.level", "severityText"},
    {"message", "msg"},
    {"message", "event"},  // structlog
    {"message", "@m"},
    {"message", "@mt"},
    {"message", "RenderedMessage"},
    {"message", "MessageTemplate"},
    {"message", "body.stringValue"},
    {"log.logger", "logger"},
    {"log.logger", "SourceContext"},
    {"log.logger", "name", AliasUse::kUnlessEventName},
    {"service.name", "service"},
    {"service.name", "app"},
    {"event.name", "event_type"},
    {"trace_id", "trace.id"},
    {"trace_id", "traceId"},
    {"trace_id", "traceparent", AliasUse::kTraceparentTrace},
    {"span_id", "span.id"},
    {"span_id", "spanId"},
    {"span_id", "traceparent", AliasUse::kTraceparentSpan},
    {"request.id", "request_id"},
    {"request.id", "requestId"},
    {"trace_flags", "traceFlags"},
    {"trace_flags", "traceparent", AliasUse::kTraceparentFlags},
    {"event.duration", "duration", AliasUse::kSeconds},
    {"event.duration", "duration_s", AliasUse::kSeconds},
    {"event.duration", "elapsed", AliasUse::kSeconds},
    {"event.duration", "duration_ms", AliasUse::kMilliseconds},
    {"event.duration", "latency_ms", AliasUse::kMilliseconds},
    {"event.duration", "response_time_ms", AliasUse::kMilliseconds},
    {"error.type", "err.type"},  // pino and bunyan: err is an object
    {"error.message", "err.message"},
    {"error.message", "err", AliasUse::kString},
    {"error.message", "error", AliasUse::kString},
    {"error.stack_trace", "exception", AliasUse::kString},
    {"error.stack_trace", "exc_info", AliasUse::kString},
    {"error.stack_trace", "err.stack", AliasUse::kString},
    {"error.stack_trace", "stacktrace", AliasUse::kString},  // zap
    {"error.stack_trace", "@x", AliasUse::kString},
    {"error.stack_trace", "Exception", AliasUse::kString},
    {"log.origin.file.name", "filename"},
    {"log.origin.file.line", "lineno"},
    {"log.origin.function", "func_name"},

    {"http.request.method", "http.method"},  // OpenTelemetry until 1.20
    {"http.request.method", "method"},
    {"http.route", "endpoint"},
    {"http.route", "path"},
    {"http.route", "url.path"},
    {"http.response.status_code", "http.status_code"},  // OpenTelemetry until 1.20
    {"http.response.status_code", "status_code"},
    {"http.response.status_code", "status"},
    {"gen_ai.agent.name", "agent_name"},
    {"gen_ai.agent.name", "agent"},
    {"outcome", "status"},
    {"query_type", "agent_type"},
    {"query_type", "type"},
    {"gen_ai.request.model", "model"},
    {"gen_ai.operation.name", "operation"},
    {"gen_ai.provider.name", "gen_ai.system"},  // OpenTelemetry until 1.36
    {"gen_ai.usage.input_tokens", "input_tokens"},
    {"gen_ai.usage.input_tokens", "prompt_tokens"},
    {"gen_ai.usage.output_tokens", "output_tokens"},
    {"gen_ai.usage.output_tokens", "completion_tokens"},
    {"gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"},
    {"cost_usd", "cost"},
    {"gen_ai.tool.name", "tool_name"},
    {"gen_ai.tool.name", "tool"},
    {"workflow", "workflow_type"},
    {"db.operation.name", "operation"},
    {"db.collection.name", "table"},
});

constexpr auto kObjectNames = std::to_array<ObjectName>({
    {"error", "error.message"},
    {"host", "host.name"},
    {"event", "message"},
    {"service", "service.name"},
    {"user", "user.name"},
    {"url", "url.original"},
    {"http", "http.value"},
    {"source", "source.address"},
    {"log", "log.value"},
});

struct DurationEnding {
  std::string_view ending;
  AliasUse use;
};
constexpr auto kDurationEndings = std::to_array<DurationEnding>({
    {"_s", AliasUse::kSeconds},
    {"_sec", AliasUse::kSeconds},
    {"_secs", AliasUse::kSeconds},
    {"_seconds", AliasUse::kSeconds},
    {"_ms", AliasUse::kMilliseconds},
    {"_millis", AliasUse::kMilliseconds},
    {"_us", AliasUse::kMicroseconds},
    {"_micros", AliasUse::kMicroseconds},
});

}  // namespace

std::span<const FieldAlias> field_aliases() {
  return kAliases;
}

std::span<const ObjectName> object_names() {
  return kObjectNames;
}

AliasUse duration_use(std::string_view name) {
  for (const FieldAlias& alias : kAliases)
    if (alias.field == "event.duration" && alias.alias == name) return alias.use;
  for (const DurationEnding& unit : kDurationEndings)
    if (name.ends_with(unit.ending)) return unit.use;
  return AliasUse::kValue;
}

}  // namespace sawlog::parsers
