// What Elasticsearch and OpenSearch answer to the questions that are not _bulk: who they are, what
// a data stream consists of, whether an index takes lines. Pure functions over the answer's body.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// GET /_resolve/index/NAME: the indices behind a data stream, an alias or an index of that name, in
// the order in which they were written (the last one is written now). None: there is no such name.
// Empty optional: not the answer to that question.
[[nodiscard]] std::optional<std::vector<std::string>> read_indices(std::string_view body);

// GET /NAME/_settings/index.blocks.*?flat_settings=true: "'index.blocks.write' of 'INDEX'" for the
// first block, or "" when nothing keeps lines out.
[[nodiscard]] std::string read_block(std::string_view body);

// POST /_security/user/_has_privileges: the privileges that are missing, "create_doc, read".
// Empty optional: not the answer to that question.
[[nodiscard]] std::optional<std::string> read_missing_privileges(std::string_view body);

}  // namespace sawlog::outputs
