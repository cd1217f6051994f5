// OTLP over HTTP: records as OpenTelemetry LogRecords (outputs/otlp_record.h), in protobuf, to a
// collector or whatever else has /v1/logs.
//
// What is sent and how the answer is read: outputs/otlp_request.h; what is collected, sent again
// and set aside: outputs/http_sender.h. OTLP knows no record twice: a request whose outcome is
// unknown is sent again, and what it held may be there twice, with the same log.record.uid.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "outputs/gzip.h"
#include "outputs/http_sender.h"
#include "outputs/otlp_record.h"
#include "parsers/line_writer.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

struct OtlpOptions {
  std::string url{};                   // without /v1/logs
  std::vector<std::string> headers{};  // "Name: value", sent with each request; may be secret
  bool gzip = true;
  BatchOptions batch{};
  RetryOptions retry{};
  parsers::LineWriterOptions lines{};
  uint64_t random_seed = 1;
};

class OtlpOutput final : public Output {
 public:
  // clock must outlive the output. Credentials and TLS are the transport's.
  OtlpOutput(OtlpOptions options, std::unique_ptr<HttpTransport> transport,
             std::unique_ptr<DeadLetters> dead_letters, const base::Clock& clock);

  [[nodiscard]] base::Expected<void> restore(std::span<const std::string>) override { return {}; }
  [[nodiscard]] bool wants_more() const override { return sender_.wants_more(); }
  [[nodiscard]] Handled handle(const parsers::Chunk& chunk, Delivery delivery) override;
  Wake step() override { return sender_.step(); }
  void drain() override { sender_.drain(); }
  [[nodiscard]] std::string save_state(SaveKind) override { return ""; }
  // A crash sends again what is settled and not saved, and the destination shows it twice.
  [[nodiscard]] int64_t save_delay_ns() const override { return 20 * base::kNsPerMs; }
  [[nodiscard]] int wake_fd() const override { return sender_.wake_fd(); }
  [[nodiscard]] Health health() const override { return sender_.health(); }
  [[nodiscard]] OutputCounters counters() const override { return sender_.counters(); }
  [[nodiscard]] std::vector<DeadLetterCount> dead_letters() const override {
    return sender_.dead_letters();
  }
  [[nodiscard]] size_t memory_bytes() const override;

 private:
  static constexpr size_t kGroupsRememberedMax = 10'000;  // then they are forgotten
  struct KnownGroup {
    uint64_t batch_number = 0;
    uint32_t group = 0;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  void frame(const parsers::Chunk& chunk, const parsers::Record& record);
  [[nodiscard]] uint32_t group_of(std::string_view resource_and_scope);
  void fill(const Batch& batch, HttpRequest& request);

  const OtlpOptions options_;
  const base::Clock& clock_;
  parsers::RecordReader reader_;
  parsers::LineWriter writer_;
  OtlpRecord record_;
  std::unordered_map<std::string, KnownGroup, Hash, std::equal_to<>> groups_;
  GzipCompressor gzip_;
  std::string line_;     // of the record being framed
  std::string request_;  // before compression
  HttpSender sender_;
};

}  // namespace sawlog::outputs
