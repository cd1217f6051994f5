#include "agent/report/report_kinds.h"

#include <algorithm>

namespace sawlog::agent {

namespace {

constexpr auto kKinds = std::to_array<ReportKind>({
    {.name = "endpoints",
     .title = "Endpoints",
     .event = "http.request",
     .key_fields = {"http.request.method", "http.route"},
     .failure = FailureRule::kStatus,
     .profiles = kProfileApi},
    {.name = "agents",
     .title = "Agents",
     .event = "agent.execution",
     .key_fields = {"gen_ai.agent.name", ""},
     .profiles = kProfileAgents},
    {.name = "tools",
     .title = "Tools",
     .event = "tool.execution",
     .key_fields = {"gen_ai.tool.name", ""},
     .profiles = kProfileAgents},
    {.name = "models",
     .title = "Language models",
     .event = "llm.request",
     .key_fields = {"gen_ai.request.model", ""},
     .profiles = kProfileAgents,
     .sums = {{{"gen_ai.usage.input_tokens", "input_tokens", "tokens in"},
               {"gen_ai.usage.output_tokens", "output_tokens", "tokens out"},
               {"cost_usd", "cost_usd", "cost $"}}}},
    {.name = "workflows",
     .title = "Workflows",
     .event = "workflow.execution",
     .key_fields = {"workflow", ""},
     .profiles = kProfileAgents,
     .sums = {{{"retries", "retries", "retries"}}}},
    {.name = "queries",
     .title = "Database queries",
     .event = "db.query",
     .key_fields = {"db.operation.name", "db.collection.name"},
     .profiles = kProfileApi},
    {.name = "retrievals",
     .title = "Retrievals",
     .event = "rag.retrieval",
     .key_fields = {"namespace", ""},
     .profiles = kProfileAgents | kProfileVectorDb,
     .sums = {{{"chunks", "chunks_mean", "chunks", SumMeaning::kMean},
               {"grounding_score", "grounding_mean", "grounding", SumMeaning::kMean}}}},
    {.name = "indexes",
     .title = "Vector indexes",
     .event = "vectordb.query",
     .key_fields = {"index", ""},
     .profiles = kProfileVectorDb,
     .sums = {{{"cache_hit", "cache_hit_share", "cache hits", SumMeaning::kShare}}}},
    {.name = "embeddings",
     .title = "Embeddings",
     .event = "embedding.generated",
     .key_fields = {"gen_ai.request.model", ""},
     .profiles = kProfileVectorDb},
    {.name = "caches",
     .title = "Caches",
     .event = "cache.operation",
     .key_fields = {"cache_type", ""},
     .failure = FailureRule::kNone,
     .profiles = kProfileApi,
     .sums = {{{"result", "hit_share", "hits", SumMeaning::kShare}}}},
});

}  // namespace

std::span<const ReportKind> report_kinds() {
  return kKinds;
}

std::span<const SumKind> used_sums(const ReportKind& kind) {
  const auto end = std::ranges::find(kind.sums, std::string_view(), &SumKind::field);
  return {kind.sums.begin(), end};
}

uint8_t profile_named(std::string_view name) {
  if (name == "api") return kProfileApi;
  if (name == "agents") return kProfileAgents;
  return name == "vectordb" ? kProfileVectorDb : 0;
}

}  // namespace sawlog::agent
