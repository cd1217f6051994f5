// `sawlog check --connect` for Elasticsearch and OpenSearch.
#pragma once

#include "lib/base/clock.h"
#include "outputs/elasticsearch_output.h"
#include "outputs/http_transport.h"
#include "outputs/probe.h"

namespace sawlog::outputs {

// Asks every host who it is, then one of them about the target: whether it is there and not
// blocked, whether the pipeline is there, and (Elasticsearch with security) whether our rights
// suffice. Changes nothing.
[[nodiscard]] Probe probe_elasticsearch(const ElasticsearchOptions& options,
                                        HttpTransport& transport, const base::Clock& clock);

}  // namespace sawlog::outputs
