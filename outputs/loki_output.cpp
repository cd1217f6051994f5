#include "outputs/loki_output.h"

#include <algorithm>

#include "outputs/loki_answer.h"
#include "parsers/record_id.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kRecordIdName = "log_record_uid";

std::vector<std::string> wanted_fields(const LokiOptions& options) {
  std::vector<std::string> fields = options.labels;
  for (const std::string& field : options.metadata) {
    if (std::find(fields.begin(), fields.end(), field) == fields.end()) fields.push_back(field);
  }
  return fields;
}

HttpSenderOptions sender_options(const LokiOptions& options) {
  return {.hosts = {options.url},
          .batch = options.batch,
          .retry = options.retry,
          .one_group_a_request = true,
          .random_seed = options.random_seed};
}

}  // namespace

LokiOutput::LokiOutput(LokiOptions options, std::unique_ptr<HttpTransport> transport,
                       std::unique_ptr<DeadLetters> dead_letters, const base::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      reader_(wanted_fields(options_), parsers::Purpose::kShipping),
      writer_({.canonical_keys = options_.canonical_keys,
               .elastic_trace_keys = false,
               .host_name = options_.host_name}),
      streams_(options_.labels, reader_, options_.host_name, options_.streams_max),
      sender_(sender_options(options_),
              {.fill = [this](Batch& batch, HttpRequest& request) { fill(batch, request); },
               .judge = judge_push_answer},
              std::move(transport), std::move(dead_letters), clock) {
  for (const std::string& field : options_.metadata) {
    metadata_.emplace_back(loki_metadata_name(field),
                           LokiField(field, reader_.field(field), options_.host_name));
  }
}

base::Expected<void> LokiOutput::restore(std::span<const std::string> states) {
  return streams_.limit().restore(states);
}

// A stream is used when the consumer has saved that it is.
Wake LokiOutput::step() {
  return wants_save() ? Wake{} : sender_.step();
}

OutputCounters LokiOutput::counters() const {
  OutputCounters counters = sender_.counters();
  counters.overflow_lines = streams_.overflow_lines();
  return counters;
}

Handled LokiOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  sender_.builder().begin_chunk(std::move(delivery), chunk.path, clock_.monotonic_ns());
  const Handled handled =
      frame_records(reader_, chunk, [&](const parsers::Record& record) { frame(chunk, record); });
  sender_.builder().end_chunk();
  return handled;
}

void LokiOutput::frame(const parsers::Chunk& chunk, const parsers::Record& record) {
  const uint64_t offset = chunk.offset_of(record.line());
  const parsers::RecordId id = parsers::RecordId::of(chunk, record);
  line_.clear();
  writer_.append(chunk, record, line_);

  entry_metadata_.clear();
  entry_metadata_.emplace_back(kRecordIdName, id.text());
  for (const auto& [name, field] : metadata_) {
    const std::string_view value = field.value(chunk, record);
    if (!value.empty()) entry_metadata_.emplace_back(name, value);
  }

  const uint32_t group = streams_.group_of(chunk, record, sender_.builder(), entry_metadata_);
  FramedLine framed{.group = group, .offset = offset, .time_unix_ns = record.time_unix_ns()};
  append_loki_entry(framed.time_unix_ns, line_, entry_metadata_, sender_.builder().bytes(), framed);
  sender_.builder().end_line(framed);
}

void LokiOutput::fill(const Batch& batch, HttpRequest& request) const {
  request.url += "/loki/api/v1/push";
  request.headers = {"Content-Type: application/x-protobuf"};
  if (!options_.tenant.empty()) request.headers.push_back("X-Scope-OrgID: " + options_.tenant);
  append_loki_request(batch, request.body);
}

}  // namespace sawlog::outputs
