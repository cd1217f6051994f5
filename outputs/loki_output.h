// Loki: lines as entries of streams, with structured metadata.
//
// An entry is the time, the shipped line and the metadata, of which log_record_uid is the record
// id: equal lines of two files stay two, and what is sent again after a crash is shown once by
// Loki, because time, labels, line and metadata repeat exactly. Streams: outputs/loki_streams.h;
// how an answer is read: outputs/loki_answer.h; what is collected, sent, sent again and set aside:
// outputs/http_sender.h.
//
// Files that share a stream are read merged by time (wants_time_order()), so that a backlog is not
// refused as too far behind.
//
// A request holds one stream, because Loki reports only what became of the last stream of a request
// (outputs/loki_request.h). A stream has one request in flight at a time: Loki refuses what is more
// than an hour behind the stream's newest line, and a batch of a slow service can span days.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "outputs/http_sender.h"
#include "outputs/loki_request.h"
#include "outputs/loki_streams.h"
#include "parsers/line_writer.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

struct LokiOptions {
  std::string url{};  // without /loki/api/v1/push
  std::string tenant{};
  std::vector<std::string> labels = {"service.name", "log.level", "env", "host.name"};
  std::vector<std::string> metadata = {"trace_id", "span_id", "event.name", "error.type",
                                       "log.file.path"};
  size_t streams_max = 1000;  // label sets in a day; see outputs/loki_streams.h
  bool canonical_keys = true;
  std::string host_name{};
  BatchOptions batch{};
  RetryOptions retry{};
  uint64_t random_seed = 1;
};

class LokiOutput final : public Output {
 public:
  // clock must outlive the output. Credentials and TLS are the transport's. That no label is an id
  // is checked with the configuration.
  LokiOutput(LokiOptions options, std::unique_ptr<HttpTransport> transport,
             std::unique_ptr<DeadLetters> dead_letters, const base::Clock& clock);

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string> states) override;
  [[nodiscard]] bool wants_more() const override { return sender_.wants_more(); }
  [[nodiscard]] bool wants_time_order() const override { return true; }
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override;
  void drain() override { sender_.drain(); }
  [[nodiscard]] std::string save_state(SaveKind kind) override {
    return streams_.limit().save_state(kind);
  }
  void saved() override { streams_.limit().saved(); }
  [[nodiscard]] bool wants_save() const override { return streams_.limit().needs_save(); }
  [[nodiscard]] int64_t save_delay_ns() const override { return base::kNsPerSecond; }
  [[nodiscard]] int wake_fd() const override { return sender_.wake_fd(); }
  [[nodiscard]] Health health() const override { return sender_.health(); }
  [[nodiscard]] std::vector<std::string> take_notices() override { return streams_.take_notices(); }
  [[nodiscard]] OutputCounters counters() const override;
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override {
    return sender_.dead_letters();
  }
  [[nodiscard]] size_t memory_bytes() const override { return sender_.memory_bytes(); }

 private:
  void frame(const parsers::Chunk& chunk, const parsers::Record& record);
  void fill(const Batch& batch, HttpRequest& request) const;

  const LokiOptions options_;
  const base::Clock& clock_;
  parsers::RecordReader reader_;
  parsers::LineWriter writer_;
  LokiStreams streams_;
  std::vector<std::pair<std::string, LokiField>> metadata_;  // by Loki's name
  HttpSender sender_;
  std::string line_;                          // of the record being framed
  std::vector<LokiMetadata> entry_metadata_;  // of the same
};

}  // namespace sawlog::outputs
