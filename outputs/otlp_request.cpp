#include "outputs/otlp_request.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "outputs/http_answer.h"
#include "outputs/otlp_record.h"

namespace sawlog::outputs {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;

constexpr protozero::pbf_tag_type kResourceLogs = 1;
constexpr protozero::pbf_tag_type kResource = 1;
constexpr protozero::pbf_tag_type kScopeLogs = 2;
constexpr protozero::pbf_tag_type kScope = 1;
constexpr protozero::pbf_tag_type kLogRecords = 2;
constexpr protozero::pbf_tag_type kPartialSuccess = 1;
constexpr protozero::pbf_tag_type kRejectedRecords = 1;
constexpr protozero::pbf_tag_type kErrorMessage = 2;
constexpr protozero::pbf_tag_type kStatusMessage = 2;  // of google.rpc.Status

// The LogRecord of a frame.
std::string_view record_of(const Batch& batch, uint32_t line) {
  return batch.frame(line).substr(0, batch.line(line).payload_begin);
}

void append_resource_logs(const Batch& batch, const std::string& group,
                          const std::vector<uint32_t>& lines, pbf_writer& request) {
  pbf_reader parts(group);
  pbf_writer resource_logs(request, kResourceLogs);
  protozero::data_view resource, scope;
  while (parts.next()) {
    protozero::data_view& part = parts.tag() == kGroupResource ? resource : scope;
    part = parts.get_view();
  }
  if (!resource.empty()) resource_logs.add_message(kResource, resource);
  pbf_writer scope_logs(resource_logs, kScopeLogs);
  if (!scope.empty()) scope_logs.add_message(kScope, scope);
  for (const uint32_t line : lines) {
    const std::string_view record = record_of(batch, line);
    scope_logs.add_message(kLogRecords, record.data(), record.size());
  }
}

struct PartialSuccess {
  int64_t rejected_records = 0;
  std::string message;
};

// An answer that cannot be read says nothing.
PartialSuccess read_partial_success(const std::string& body) try {
  PartialSuccess result;
  pbf_reader response(body);
  while (response.next(kPartialSuccess)) {
    pbf_reader partial = response.get_message();
    while (partial.next()) {
      if (partial.tag() == kRejectedRecords) {
        result.rejected_records = partial.get_int64();
      } else if (partial.tag() == kErrorMessage) {
        result.message = partial.get_string();
      } else {
        partial.skip();
      }
    }
  }
  return result;
} catch (const protozero::exception&) {
  return {};
}

// The sentence of a google.rpc.Status, which servers answer with; "" if there is none.
std::string read_status_message(const std::string& body) try {
  std::string message;
  pbf_reader status(body);
  while (status.next()) {
    if (status.tag() == kStatusMessage) {
      message = status.get_string();
    } else {
      status.skip();
    }
  }
  return message;
} catch (const protozero::exception&) {
  return "";
}

std::string reason_of(const HttpResponse& response) {
  HttpResponse readable = response;
  const std::string message = read_status_message(response.body);
  if (!message.empty()) readable.body = message;
  return describe_answer(readable);
}

Judgement judge_success(const HttpResponse& response, const Batch& batch) {
  const PartialSuccess partial = read_partial_success(response.body);
  if (partial.rejected_records <= 0) return {};
  const std::string reason = "refused " + std::to_string(partial.rejected_records) + " of " +
                             std::to_string(batch.line_count()) +
                             " records, without saying which: " + partial.message;
  return all_refused(batch.line_count(), "partial_success", reason);
}

bool is_retryable(int status) {
  return status == 408 || status == 429 || (status >= 502 && status <= 504);
}

}  // namespace

void append_otlp_request(const Batch& batch, std::string& out) {
  std::vector<std::vector<uint32_t>> lines(batch.groups().size());
  for (uint32_t line = 0; line < batch.line_count(); ++line) {
    lines[batch.line(line).group].push_back(line);
  }
  pbf_writer request(out);
  for (size_t group = 0; group < lines.size(); ++group) {
    if (lines[group].empty()) continue;
    append_resource_logs(batch, batch.groups()[group], lines[group], request);
  }
}

Judgement judge_otlp_answer(const HttpResponse& response, const Batch& batch) {
  if (response.status >= 200 && response.status < 300) return judge_success(response, batch);
  const std::string reason = reason_of(response);
  if (response.status == 400) {
    return batch.line_count() == 1 ? all_refused(1, "bad_request", reason)
                                   : in_halves(batch.line_count());
  }
  Judgement judgement = *judge_status(response);
  judgement.reason = reason;
  if (judgement.kind == Judgement::Kind::kUnknown && !is_retryable(response.status)) {
    judgement.kind = Judgement::Kind::kOperator;
  }
  return judgement;
}

}  // namespace sawlog::outputs
