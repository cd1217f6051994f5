#include "outputs/elasticsearch_output.h"

#include <ctime>

#include "outputs/elasticsearch_answer.h"
#include "outputs/url.h"
#include "parsers/record_id.h"

namespace sawlog::outputs {
namespace {

// What is not asked for need not be written, sent and read: a tenth of the full answer.
constexpr std::string_view kFilterPath =
    "errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason,"
    "items.*.failure_store";
// Asked for now and then: it is the same for all lines, and would triple the answer.
constexpr std::string_view kIndexPath = ",items.*._index";
constexpr int64_t kIndexIntervalNs = base::kNsPerSecond;

constexpr int64_t kNsPerHour = 3600 * base::kNsPerSecond;

std::string request_path(const ElasticsearchOptions& options) {
  // Indices by date are named in each action.
  std::string path = "/";
  if (options.index.empty()) path += percent_encoded(options.data_stream) + "/";
  path += "_bulk?";
  if (!options.pipeline.empty()) {
    path.append("pipeline=").append(percent_encoded(options.pipeline)).append("&");
  }
  return path.append("filter_path=").append(kFilterPath);
}

// What lines are looked up in, over its rollovers. An index named by date is one index: there _id
// alone is exact.
std::string lookup_target(const ElasticsearchOptions& options) {
  if (!options.exactly_once || options.index.find('%') != std::string::npos) return "";
  return options.index.empty() ? options.data_stream : options.index;
}

int64_t hour_of(int64_t time_unix_ns) {
  const int64_t hour = time_unix_ns / kNsPerHour;
  return time_unix_ns % kNsPerHour < 0 ? hour - 1 : hour;
}

void append_two_digits(int number, std::string& out) {
  out.push_back(static_cast<char>('0' + number / 10 % 10));
  out.push_back(static_cast<char>('0' + number % 10));
}

std::string index_name(const std::string& pattern, int64_t hour) {
  const std::time_t seconds = hour * 3600;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::string name;
  for (size_t at = 0; at < pattern.size(); ++at) {
    const char letter = pattern[at] == '%' && at + 1 < pattern.size() ? pattern[at + 1] : '\0';
    switch (letter) {
      case 'Y':
        append_two_digits((utc.tm_year + 1900) / 100, name);
        append_two_digits((utc.tm_year + 1900) % 100, name);
        break;
      case 'm':
        append_two_digits(utc.tm_mon + 1, name);
        break;
      case 'd':
        append_two_digits(utc.tm_mday, name);
        break;
      case 'H':
        append_two_digits(utc.tm_hour, name);
        break;
      default:
        name.push_back(pattern[at]);
        continue;
    }
    ++at;
  }
  return name;
}

HttpSenderOptions sender_options(const ElasticsearchOptions& options) {
  return {.hosts = options.hosts,
          .batch = options.batch,
          .retry = options.retry,
          .random_seed = options.random_seed};
}

}  // namespace

ElasticsearchOutput::ElasticsearchOutput(ElasticsearchOptions options,
                                         std::unique_ptr<HttpTransport> transport,
                                         std::unique_ptr<DeadLetters> dead_letters,
                                         const base::Clock& clock)
    : options_(std::move(options)),
      path_(request_path(options_)),
      clock_(clock),
      reader_({}, parsers::Purpose::kShipping),
      writer_({.canonical_keys = options_.canonical_keys,
               .elastic_trace_keys = options_.canonical_keys,
               .host_name = options_.host_name}),
      lookup_(lookup_target(options_)),
      sender_(
          sender_options(options_),
          {.fill = [this](Batch& batch, HttpRequest& request) { fill(batch, request); },
           .judge = [this](const HttpResponse& response,
                           const Batch& batch) { return judge(response, batch); },
           .ask = [this](Batch& batch,
                         HttpRequest& request) { return lookup_.ask(batch, request); },
           .judge_found = [this](const HttpResponse& response,
                                 Batch& batch) { return lookup_.judge_found(response, batch); }},
          std::move(transport), std::move(dead_letters), clock) {}

base::Expected<void> ElasticsearchOutput::restore(std::span<const std::string> states) {
  return lookup_.restore(states);
}

Handled ElasticsearchOutput::handle(const parsers::Chunk& chunk, Delivery delivery) {
  is_ending_ = false;
  sender_.builder().begin_chunk(std::move(delivery), chunk.path, clock_.monotonic_ns());
  if (lookup_.begin_lines(chunk.may_have_been_sent)) sender_.builder().mark_chunk_as_repeat();
  const Handled handled =
      frame_records(reader_, chunk, [&](const parsers::Record& record) { frame(chunk, record); });
  sender_.builder().end_chunk();
  return handled;
}

Wake ElasticsearchOutput::step() {
  if (!lookup_.may_send()) return {};  // saved() comes first
  return sender_.step();
}

void ElasticsearchOutput::drain() {
  is_ending_ = true;
  sender_.drain();
}

std::string ElasticsearchOutput::save_state(SaveKind /*kind*/) {
  return lookup_.save_state(sender_.first_sent_min(), sender_.is_empty(), is_ending_);
}

bool ElasticsearchOutput::wants_save() const {
  return lookup_.wants_save(sender_.is_empty(), is_ending_);
}

size_t ElasticsearchOutput::memory_bytes() const {
  return sender_.memory_bytes() + gzip_.memory_bytes();
}

// {"create":{"_index":"…","_id":"…"}} LF document LF
void ElasticsearchOutput::frame(const parsers::Chunk& chunk, const parsers::Record& record) {
  std::string& bytes = sender_.builder().bytes();
  const size_t begin = bytes.size();
  const uint64_t offset = chunk.offset_of(record.line());
  FramedLine line{.offset = offset, .time_unix_ns = record.time_unix_ns()};
  bytes += "{\"create\":{";
  if (!options_.index.empty()) {
    bytes += "\"_index\":\"";
    append_index_name(record.time_unix_ns(), bytes);
    bytes += options_.exactly_once ? "\"," : "\"";
  }
  if (options_.exactly_once) {
    bytes += "\"_id\":\"";
    line.record_id_begin = static_cast<uint32_t>(bytes.size() - begin);
    bytes += parsers::RecordId::of(chunk, record).text();
    bytes += '"';
  }
  bytes += "}}\n";
  line.payload_begin = static_cast<uint32_t>(bytes.size() - begin);
  writer_.append(chunk, record, bytes);
  line.payload_size = static_cast<uint32_t>(bytes.size() - begin) - line.payload_begin;
  bytes += '\n';
  sender_.builder().end_line(line);
}

void ElasticsearchOutput::append_index_name(int64_t time_unix_ns, std::string& out) {
  const int64_t hour = hour_of(time_unix_ns);
  if (hour != index_name_hour_) {
    index_name_ = index_name(options_.index, hour);
    index_name_hour_ = hour;
  }
  out += index_name_;
}

void ElasticsearchOutput::fill(Batch& batch, HttpRequest& request) {
  lookup_.sending(batch);
  request.url += path_;
  const int64_t now = clock_.monotonic_ns();
  if (index_known_monotonic_ns_ + kIndexIntervalNs <= now) request.url += kIndexPath;
  request.headers = {"Content-Type: application/x-ndjson"};
  if (!options_.gzip) {
    request.body = batch.lend_bytes();
    return;
  }
  request.headers.emplace_back("Content-Encoding: gzip");
  gzip_.compress(batch.bytes(), request.body);
}

Judgement ElasticsearchOutput::judge(const HttpResponse& response, const Batch& batch) {
  Judgement judgement = judge_bulk_answer(response, batch.line_count());
  if (!judgement.index.empty()) {
    index_known_monotonic_ns_ = clock_.monotonic_ns();
    lookup_.took_lines(judgement.index);
  }
  return judgement;
}

}  // namespace sawlog::outputs
