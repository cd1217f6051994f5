#include "outputs/elasticsearch_template.h"

#include <array>
#include <charconv>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lib/base/json_encode.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kComponentName = "sawlog-format";
// Above the built-in templates for logs-*-* (100), below what an operator writes on purpose.
constexpr int kPriority = 200;

constexpr std::string_view kKeyword = R"({"type":"keyword","ignore_above":1024})";
constexpr std::string_view kText = R"({"type":"text"})";
constexpr std::string_view kLong = R"({"type":"long"})";
constexpr std::string_view kDouble = R"({"type":"double"})";

// docs/format.md. @timestamp and labels are apart.
constexpr auto kFields = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"message", kText},
    {"log.level", kKeyword},
    {"log.logger", kKeyword},
    {"log.file.path", kKeyword},
    {"log.origin.file.name", kKeyword},
    {"log.origin.file.line", kLong},
    {"log.origin.function", kKeyword},
    {"ecs.version", kKeyword},
    {"host.name", kKeyword},
    {"service.name", kKeyword},
    {"service.version", kKeyword},
    {"service.environment", kKeyword},
    {"event.name", kKeyword},
    {"event.duration", kLong},
    {"trace_id", kKeyword},
    {"span_id", kKeyword},
    {"trace_flags", kKeyword},
    {"trace.id", kKeyword},
    {"span.id", kKeyword},
    {"request.id", kKeyword},
    {"error.type", kKeyword},
    {"error.message", kText},
    {"error.stack_trace", kText},
    {"http.request.method", kKeyword},
    {"http.route", kKeyword},
    {"http.response.status_code", kLong},
    {"gen_ai.agent.name", kKeyword},
    {"gen_ai.request.model", kKeyword},
    {"gen_ai.operation.name", kKeyword},
    {"gen_ai.tool.name", kKeyword},
    {"gen_ai.usage.input_tokens", kLong},
    {"gen_ai.usage.output_tokens", kLong},
    {"cost_usd", kDouble},
    {"outcome", kKeyword},
    {"db.operation.name", kKeyword},
    {"db.collection.name", kKeyword},
    {"grounding_score", kDouble},
});

bool is_at_least(const SearchServer& server, int major, int minor) {
  int found_major = 0;
  int found_minor = 0;
  const char* const end = server.version.data() + server.version.size();
  const auto parsed = std::from_chars(server.version.data(), end, found_major);
  if (parsed.ptr != end && *parsed.ptr == '.') {
    std::from_chars(parsed.ptr + 1, end, found_minor);
  }
  return std::pair(found_major, found_minor) >= std::pair(major, minor);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  base::append_json_string(out, name);
  out.append(":").append(value).append(",");
}

std::string mappings(const SearchServer& server) {
  const bool keeps_dots = !server.is_opensearch() && is_at_least(server, 8, 3);
  std::string out = keeps_dots ? R"({"subobjects":false,)" : "{";
  out +=
      R"("date_detection":false,"dynamic_templates":[{"strings":{"match_mapping_type":"string",)";
  out.append(R"("mapping":)").append(kKeyword).append(R"(}}],"properties":{)");
  for (const auto& [name, type] : kFields) append_member(out, name, type);
  if (!server.is_opensearch()) append_member(out, "labels", R"({"type":"flattened"})");
  return out + R"("@timestamp":{"type":"date"}}})";
}

std::string settings(const SearchServer& server) {
  std::string out = R"({"index.mapping.ignore_malformed":true,)";
  if (!server.is_opensearch() && is_at_least(server, 8, 14)) {
    out += R"("index.mapping.total_fields.ignore_dynamic_beyond_limit":true,)";
  }
  return out + R"("index.mapping.total_fields.limit":1000})";
}

// The members of the body, and _meta, by which a later run knows its own work.
void finish(SearchTemplate& made, const std::string& members) {
  made.content = std::to_string(XXH3_64bits(members.data(), members.size()));
  made.body.append("{").append(members).append(R"(,"_meta":{"managed_by":"sawlog","content":")");
  made.body.append(made.content).append("\"}}");
  made.path.append("/").append(made.name);
}

}  // namespace

SearchTemplate component_template(const SearchServer& server) {
  SearchTemplate made{"component template", "/_component_template", std::string(kComponentName), "",
                      ""};
  std::string members = R"("template":{"settings":)";
  members.append(settings(server)).append(R"(,"mappings":)").append(mappings(server)).append("}");
  finish(made, members);
  return made;
}

SearchTemplate index_template(const ElasticsearchOptions& options) {
  SearchTemplate made{"index template", "/_index_template", "sawlog-", "", ""};
  const bool is_stream = options.index.empty();
  const std::string& target = is_stream ? options.data_stream : options.index;
  const std::string constant = target.substr(0, target.find('%'));
  made.name += constant.substr(0, constant.find_last_not_of("-_.") + 1);
  std::string members = R"("index_patterns":[)";
  base::append_json_string(members, constant == target ? target : constant + "*");
  members.append(R"(],"priority":)").append(std::to_string(kPriority));
  if (is_stream) members += R"(,"data_stream":{})";
  members.append(R"(,"composed_of":[")").append(kComponentName).append("\"]");
  finish(made, members);
  return made;
}

}  // namespace sawlog::outputs
