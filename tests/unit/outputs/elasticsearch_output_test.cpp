#include "outputs/elasticsearch_output.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_transport.h"
#include "tests/support/golden.h"
#include "tests/support/text_chunk.h"
#include "tests/unit/outputs/gunzip.h"
#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kLines =
    R"({"@timestamp":"2026-11-21T07:06:55.123456Z","log.level":"info","message":"order placed","n":1})"
    "\n"
    R"({"time":1795244815.5,"level":"WARN","msg":"structlog","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"})"
    "\n"
    "not JSON at all\n"
    R"({"@timestamp":"2026-11-20T23:59:59.999Z","message":"the day before"})"
    "\n";

class ElasticsearchOutputTest : public testing::Test {
 protected:
  void make(ElasticsearchOptions options) {
    auto transport = std::make_unique<tests::FakeTransport>();
    server_ = transport.get();
    auto dead_letters = DeadLetters::open(filesystem_, clock_,
                                          {.path = "/state/dead/search", .output_name = "search"});
    ASSERT_TRUE(dead_letters);
    if (options.hosts.empty()) options.hosts = {"http://es:9200"};
    options.host_name = "web-1";
    output_ = std::make_unique<ElasticsearchOutput>(std::move(options), std::move(transport),
                                                    std::move(*dead_letters), clock_);
  }

  // The request that carries these lines.
  HttpRequest request_for(std::string_view text) {
    test::TextChunk lines(text);
    for (size_t byte = 0; byte < lines.chunk.file.bytes.size(); ++byte) {
      lines.chunk.file.bytes[byte] = static_cast<uint8_t>(byte);
    }
    handled_ = output_->handle(lines.chunk, Delivery(&sink_, {lines.chunk.file, 0, text.size(),
                                                              lines.chunk.lines.size()}));
    output_->drain();
    if (output_->wants_save()) {
      (void)output_->save_state(SaveKind::kFull);
      output_->saved();
    }
    output_->step();
    if (server_->waiting().at(0).request.method == "GET") {
      server_->answer(404);  // there is no such data stream yet
      output_->step();
    }
    EXPECT_EQ(server_->waiting().size(), 1);
    return server_->waiting().at(0).request;
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  SettledLines sink_;
  Handled handled_;
  tests::FakeTransport* server_ = nullptr;
  std::unique_ptr<ElasticsearchOutput> output_;
};

TEST_F(ElasticsearchOutputTest, CreatesInADataStreamWithTheRecordId) {
  make({.gzip = false});
  const HttpRequest request = request_for(kLines);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url.substr(0, 52), "http://es:9200/logs-sawlog-default/_bulk?filter_path");
  EXPECT_EQ(request.headers, std::vector<std::string>{"Content-Type: application/x-ndjson"});
  EXPECT_EQ(request.body, tests::golden("outputs/elasticsearch_data_stream.ndjson", request.body));
  EXPECT_EQ(handled_.not_json_lines, 1);
  EXPECT_TRUE(handled_.used_chunk_time);
}

TEST_F(ElasticsearchOutputTest, CountsTimesThatAreNone) {
  make({.gzip = false});
  (void)request_for(R"({"ts":"2262-12-01T00:00:00Z"})"
                    "\n"
                    R"({"ts":"2026-02-30T00:00:00Z"})"
                    "\n"
                    R"({"ts":12.5})"
                    "\n"
                    R"({"ts":"2026-02-28T00:00:00Z"})"
                    "\n"
                    R"({"a":1})"
                    "\n");
  EXPECT_EQ(handled_.unreadable_times, 3);
}

TEST_F(ElasticsearchOutputTest, NamesIndicesByTheRecordsTime) {
  make({.index = "app-%Y.%m.%d-%H%%x", .gzip = false});
  const HttpRequest request = request_for(kLines);
  EXPECT_EQ(request.url.substr(0, 32), "http://es:9200/_bulk?filter_path");
  EXPECT_EQ(request.body, tests::golden("outputs/elasticsearch_index.ndjson", request.body));
  EXPECT_NE(request.body.find(R"({"create":{"_index":"app-2026.11.20-23%%x","_id":")"),
            std::string::npos);
}

TEST_F(ElasticsearchOutputTest, LeavesTheIdOutWhereRepeatsAreFine) {
  make({.gzip = false, .exactly_once = false, .canonical_keys = false});
  const HttpRequest request = request_for("{\"@timestamp\":\"2026-11-21T07:06:55Z\",\"msg\":1}\n");
  EXPECT_EQ(request.body, "{\"create\":{}}\n{\"@timestamp\":\"2026-11-21T07:06:55Z\",\"msg\":1}\n");
}

TEST_F(ElasticsearchOutputTest, CompressesTheSameBytes) {
  make({.gzip = false});
  const std::string plain = request_for(kLines).body;
  make({});
  const HttpRequest request = request_for(kLines);
  EXPECT_EQ(gunzip(request.body), plain);
  EXPECT_EQ(request.headers.at(1), "Content-Encoding: gzip");
  EXPECT_EQ(output_->counters().sent_bytes, request.body.size());
}

TEST_F(ElasticsearchOutputTest, NamesThePipeline) {
  make({.pipeline = "geo ip&x"});
  const std::string url = request_for(kLines).url;
  EXPECT_NE(url.find("/_bulk?pipeline=geo%20ip%26x&"), std::string::npos) << url;
}

TEST_F(ElasticsearchOutputTest, TheSameLinesGetTheSameIdsAfterARestart) {
  make({.gzip = false});
  const std::string first = request_for(kLines).body;
  make({.gzip = false});
  EXPECT_EQ(request_for(kLines).body, first);
}

TEST_F(ElasticsearchOutputTest, SetsARefusedDocumentAsideAsItWasShipped) {
  make({});
  (void)request_for(kLines);
  server_->answer(200,
                  R"({"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409}},
    {"create":{"status":201}},{"create":{"status":400,"error":{"type":"document_parsing_exception",
    "reason":"failed to parse field [message]"}}}]})");
  output_->step();
  output_->step();
  EXPECT_EQ(sink_.delivered, 3);
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_EQ(output_->counters().already_there, 1);
  const std::string text = filesystem_.content("/state/dead/search");
  EXPECT_NE(text.find(R"("record.id":"AAECAwQFBgcICQoL)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(\"message\":\"the day before\")"), std::string::npos) << text;
  EXPECT_EQ(text.find("create"), std::string::npos) << text;
  ASSERT_EQ(output_->dead_letters().size(), 1);
  EXPECT_EQ(output_->dead_letters()[0].reason, "document_parsing_exception");
}

}  // namespace
}  // namespace sawlog::outputs
