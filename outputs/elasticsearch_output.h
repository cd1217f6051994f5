// Elasticsearch and OpenSearch: lines as documents of a data stream or of indices named by date.
//
// Each line is one `create` of a _bulk request with the record id as _id: what is sent again (after
// a crash, a cut connection, a time-out) is answered with 409 and therefore there once; over a
// rollover because it is looked up before (outputs/elasticsearch_lookup.h). How an answer is read:
// outputs/elasticsearch_answer.h. What is collected, sent, sent again and set aside:
// outputs/http_sender.h. The framed lines are kept uncompressed until the answer, so that a part of
// them can be sent again.
//
// Order within a file is not kept: documents have a time, and no position.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "outputs/elasticsearch_lookup.h"
#include "outputs/gzip.h"
#include "outputs/http_sender.h"
#include "parsers/line_writer.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

struct ElasticsearchOptions {
  std::vector<std::string> hosts{};  // URLs
  std::string data_stream = "logs-sawlog-default";
  std::string index{};     // instead of a data stream; %Y %m %d %H of the record's time (UTC)
  std::string pipeline{};  // an ingest pipeline
  bool gzip = true;
  bool exactly_once = true;  // false: no _id; repeats after a crash, faster indexing
  bool canonical_keys = true;
  std::string host_name{};
  BatchOptions batch{};
  RetryOptions retry{};
  uint64_t random_seed = 1;
};

class ElasticsearchOutput final : public Output {
 public:
  // clock must outlive the output. Credentials and TLS are the transport's.
  ElasticsearchOutput(ElasticsearchOptions options, std::unique_ptr<HttpTransport> transport,
                      std::unique_ptr<DeadLetters> dead_letters, const base::Clock& clock);

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override;
  [[nodiscard]] bool wants_more() const override { return sender_.wants_more(); }
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override;
  void drain() override;
  [[nodiscard]] std::string save_state(SaveKind kind) override;
  void saved() override { lookup_.saved(); }
  void past_repeats() override { lookup_.past_repeats(); }
  [[nodiscard]] bool wants_save() const override;
  [[nodiscard]] std::vector<std::string> take_notices() override { return lookup_.take_notices(); }
  [[nodiscard]] int64_t save_delay_ns() const override { return base::kNsPerSecond; }
  [[nodiscard]] int wake_fd() const override { return lookup_.may_send() ? sender_.wake_fd() : -1; }
  [[nodiscard]] Health health() const override { return sender_.health(); }
  [[nodiscard]] OutputCounters counters() const override { return sender_.counters(); }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override {
    return sender_.dead_letters();
  }
  [[nodiscard]] size_t memory_bytes() const override;

 private:
  void frame(const parsers::Chunk& chunk, const parsers::Record& record);
  void append_index_name(int64_t time_unix_ns, std::string& out);
  void fill(Batch& batch, HttpRequest& request);
  [[nodiscard]] Judgement judge(const HttpResponse& response, const Batch& batch);

  const ElasticsearchOptions options_;
  const std::string path_;  // of the request, with its query
  const base::Clock& clock_;
  parsers::RecordReader reader_;
  parsers::LineWriter writer_;
  GzipCompressor gzip_;
  ElasticsearchLookup lookup_;
  bool is_ending_ = false;                        // drain() was called, and no line has come since
  int64_t index_known_monotonic_ns_ = INT64_MIN;  // when an answer last told where lines go
  HttpSender sender_;
  std::string index_name_;  // of the hour that was named last
  int64_t index_name_hour_ = INT64_MIN;
};

}  // namespace sawlog::outputs
