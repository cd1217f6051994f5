// OTLP's request for logs, ExportLogsServiceRequest of
// opentelemetry/proto/collector/logs/v1/logs_service.proto, and what is answered to it.
//
//   ExportLogsServiceRequest   1: repeated ResourceLogs {1: Resource, 2: repeated ScopeLogs}
//   ScopeLogs                  1: InstrumentationScope, 2: repeated LogRecord
//   ExportLogsServiceResponse  1: partial_success {1: rejected_log_records, 2: error_message}
//
// A frame in a batch is a LogRecord (outputs/otlp_record.h) and behind it the line as it is
// shipped, which is not sent and is there for the dead letters. A group is a resource and a scope.
#pragma once

#include <string>

#include "outputs/batch.h"
#include "outputs/http_transport.h"
#include "outputs/judgement.h"

namespace sawlog::outputs {

// Appends the request with all lines of the batch, not compressed.
void append_otlp_request(const Batch& batch, std::string& out);

// What the answer says of the lines (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response):
//
//   2xx                      delivered. A partial success names how many records were refused, not
//                            which, and forbids to send them again: all lines of the request go to
//                            the dead letters, because one of them must
//   429, 502, 503, 504, 408  sent again; Retry-After is obeyed
//   413                      sent again in halves
//   400                      the fault of a line: found by halves, until it is alone
//   all others               the specification calls them final. The lines are kept, and somebody
//                            must act
// response.status is not 0.
[[nodiscard]] Judgement judge_otlp_answer(const HttpResponse& response, const Batch& batch);

}  // namespace sawlog::outputs
