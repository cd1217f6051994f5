// The templates that fit our event format: what `sawlog setup` installs.
//
// A component template with the mapping of the fields of docs/format.md, and for each output an
// index template that takes it over. What the format does not name is mapped as it comes: strings
// as keywords, never as dates. So that one service's field is not another's refused line:
//   * Elasticsearch from 8.3 on keeps dotted names as they are (subobjects: false): a scalar `a`
//     and an object `a.b` get along; `labels`, whose keys anybody may invent, is flattened;
//   * a value of the wrong kind (a word where a number is) is stored, not indexed;
//   * at most 1,000 fields are mapped; from 8.14 on what comes beyond is stored, not indexed.
// OpenSearch has neither subobjects nor a flattened type that takes dotted names: there an object
// where a scalar is (and the 1,001st field) is refused and goes to the dead letters.
#pragma once

#include <string>

#include "outputs/elasticsearch_api.h"
#include "outputs/elasticsearch_output.h"

namespace sawlog::outputs {

struct SearchTemplate {
  std::string kind;  // "component template" or "index template"
  std::string path;  // of the request
  std::string name;
  std::string body;     // JSON
  std::string content;  // a word that changes with the body; in its _meta
};

[[nodiscard]] SearchTemplate component_template(const SearchServer& server);
[[nodiscard]] SearchTemplate index_template(const ElasticsearchOptions& options);

}  // namespace sawlog::outputs
