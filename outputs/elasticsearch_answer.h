// Reads what Elasticsearch and OpenSearch answer to a _bulk request.
//
// Status 200 says only that the request was read: each item has a status of its own. 2xx and 409 on
// create are done; 429 and 5xx are sent again alone; faults of the document go to the dead letters;
// everything else is for the operator to mend and pauses the output. What is a fault of the
// document is an allow-list, so that an error nobody thought of loses nothing.
// https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
#pragma once

#include <string_view>

#include "outputs/http_transport.h"
#include "outputs/judgement.h"

namespace sawlog::outputs {

// The fate of an item that was refused with this status (neither 2xx nor 409).
[[nodiscard]] LineFate fate_of_bulk_item(int status, std::string_view type,
                                         std::string_view reason);

// line_count: of the request. response.status is not 0.
[[nodiscard]] Judgement judge_bulk_answer(const HttpResponse& response, uint32_t line_count);

}  // namespace sawlog::outputs
