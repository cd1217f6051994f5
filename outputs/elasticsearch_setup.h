// `sawlog setup` for Elasticsearch and OpenSearch.
#pragma once

#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "outputs/elasticsearch_output.h"
#include "outputs/http_transport.h"

namespace sawlog::outputs {

struct SetupStep {
  bool is_done = false;
  std::string text;  // what was done, was there already, or could not be done; one line
};

// Installs the templates that fit our format (outputs/elasticsearch_template.h). A second run
// changes nothing; a newer version of the program updates what an older one installed; what
// somebody else put under the same name is left alone and reported. Ends at the first failure.
[[nodiscard]] std::vector<SetupStep> setup_elasticsearch(const ElasticsearchOptions& options,
                                                         HttpTransport& transport,
                                                         const base::Clock& clock);

}  // namespace sawlog::outputs
