// What Elasticsearch and OpenSearch answer to the questions that are not _bulk: who they are, what
// a data stream consists of, whether an index takes lines. Pure functions over the answer's body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outputs/http_transport.h"

namespace sawlog::outputs {

// GET /
struct SearchServer {
  std::string product;  // "Elasticsearch" or "OpenSearch"
  std::string version;
  std::string cluster;
  [[nodiscard]] bool is_opensearch() const { return product == "OpenSearch"; }
};
// Empty: the answer is none of theirs.
[[nodiscard]] std::optional<SearchServer> read_server(std::string_view body);

// "401: security_exception: unable to authenticate user": the error's words where the body is one
// of theirs, else as describe_answer() in outputs/http_answer.h.
[[nodiscard]] std::string describe_error(const HttpResponse& response);

// GET /_resolve/index/NAME: the indices behind a data stream, an alias or an index of that name, in
// the order in which they were written (the last one is written now). None: there is no such name.
// Empty optional: not the answer to that question.
[[nodiscard]] std::optional<std::vector<std::string>> read_indices(std::string_view body);

// "logs-000012" → 12: what every rollover counts up, also in the names that a shrunken or restored
// copy gets. Empty: the name ends in no number.
[[nodiscard]] std::optional<uint64_t> index_generation(std::string_view name);

// POST /INDEX/_mget: what became of each document that was asked for, in the order of the question.
struct Found {
  bool is_found = false;
  std::string error;  // its type, or that there is no answer; "" without one
};
// Empty optional: not the answer to that question.
[[nodiscard]] std::optional<std::vector<Found>> read_found(std::string_view body);

// GET /NAME/_settings/index.blocks.*?flat_settings=true: "'index.blocks.write' of 'INDEX'" for the
// first block, or "" when nothing keeps lines out.
[[nodiscard]] std::string read_block(std::string_view body);

// GET /_component_template/NAME or /_index_template/NAME: the content word that `sawlog setup` put
// into its _meta. Empty optional: somebody else's template.
[[nodiscard]] std::optional<std::string> read_template_content(std::string_view body);

// POST /_security/user/_has_privileges: the privileges that are missing, "create_doc, read".
// Empty optional: not the answer to that question.
[[nodiscard]] std::optional<std::string> read_missing_privileges(std::string_view body);

}  // namespace sawlog::outputs
