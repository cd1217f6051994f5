#include "outputs/otlp_output.h"

#include "outputs/otlp_request.h"
#include "parsers/record_id.h"

namespace sawlog::outputs {
namespace {

HttpSenderOptions sender_options(const OtlpOptions& options) {
  return {.hosts = {options.url},
          .batch = options.batch,
          .retry = options.retry,
          .random_seed = options.random_seed};
}

}  // namespace

OtlpOutput::OtlpOutput(OtlpOptions options, std::unique_ptr<HttpTransport> transport,
                       std::unique_ptr<DeadLetters> dead_letters, const base::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      reader_(OtlpRecord::field_names(), parsers::Purpose::kShipping),
      writer_(options_.lines),
      sender_(sender_options(options_),
              {.fill = [this](Batch& batch, HttpRequest& request) { fill(batch, request); },
               .judge = judge_otlp_answer},
              std::move(transport), std::move(dead_letters), clock) {
  record_.bind(reader_);
}

Handled OtlpOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  sender_.builder().begin_chunk(std::move(delivery), chunk.path, clock_.monotonic_ns());
  const Handled handled =
      frame_records(reader_, chunk, [&](const parsers::Record& record) { frame(chunk, record); });
  sender_.builder().end_chunk();
  return handled;
}

void OtlpOutput::frame(const parsers::Chunk& chunk, const parsers::Record& record) {
  const uint64_t offset = chunk.offset_of(record.line());
  const parsers::RecordId id = parsers::RecordId::of(chunk, record);
  line_.clear();
  writer_.append(chunk, record, line_);
  std::string& bytes = sender_.builder().bytes();
  const size_t begin = bytes.size();
  record_.encode(record, line_, id.text(), bytes);
  FramedLine framed{.offset = offset, .time_unix_ns = record.time_unix_ns()};
  framed.payload_begin = static_cast<uint32_t>(bytes.size() - begin);
  framed.payload_size = static_cast<uint32_t>(line_.size());
  framed.record_id_begin = framed.payload_begin - static_cast<uint32_t>(id.text().size());
  framed.group = group_of(record_.resource_and_scope());
  bytes += line_;
  sender_.builder().end_line(framed);
}

uint32_t OtlpOutput::group_of(std::string_view resource_and_scope) {
  BatchBuilder& builder = sender_.builder();
  auto known = groups_.find(resource_and_scope);
  if (known == groups_.end()) {
    if (groups_.size() >= kGroupsRememberedMax) groups_.clear();
    known = groups_.emplace(resource_and_scope, KnownGroup{}).first;
  }
  KnownGroup& group = known->second;
  if (group.batch_number != builder.batch_number()) {
    group = {builder.batch_number(), builder.add_group(resource_and_scope)};
  }
  return group.group;
}

void OtlpOutput::fill(const Batch& batch, HttpRequest& request) {
  request.url += "/v1/logs";
  request.headers = options_.headers;
  request.headers.emplace_back("Content-Type: application/x-protobuf");
  if (!options_.gzip) {
    append_otlp_request(batch, request.body);
    return;
  }
  request_.clear();
  append_otlp_request(batch, request_);
  request.headers.emplace_back("Content-Encoding: gzip");
  gzip_.compress(request_, request.body);
}

size_t OtlpOutput::memory_bytes() const {
  return sender_.memory_bytes() + gzip_.memory_bytes() + request_.capacity();
}

}  // namespace sawlog::outputs
