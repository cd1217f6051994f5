#include "outputs/otlp_output.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_transport.h"
#include "tests/support/golden.h"
#include "tests/support/text_chunk.h"
#include "tests/unit/outputs/gunzip.h"
#include "tests/unit/outputs/otlp_reader.h"
#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kLines =
    R"({"@timestamp":"2026-11-21T07:06:55.123456Z","log.level":"info","message":"order placed","ecs.version":"8.11.0","log.logger":"checkout.cart","service.name":"checkout","service.version":"2.1","service.environment":"prod","event.name":"order.placed","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","trace_flags":"01","order_id":1712,"total":12.5,"paid":true,"items":["a",2,null,{"b":[]}],"nothing":null,"big":123456789012345678901234567890,"user":{"id":"u1","roles":["x"]}})"
    "\n"
    R"({"@timestamp":"2026-11-21T07:06:56Z","level":"CRITICAL","msg":"payment \"failed\"\n","service":{"name":"checkout","version":"2.1"},"log":{"logger":"checkout.cart"},"error":{"type":"Timeout","message":"too late","stack_trace":"at x"},"log.origin.file.name":"cart.cpp","log.origin.file.line":42,"log.origin.function":"pay","process.thread.id":7})"
    "\n"
    R"({"time":1795244816,"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"not an id","message":42})"
    "\n"
    "not JSON\n";

class OtlpOutputTest : public testing::Test {
 protected:
  void make(OtlpOptions options) {
    auto transport = std::make_unique<tests::FakeTransport>();
    server_ = transport.get();
    auto dead_letters =
        DeadLetters::open(filesystem_, clock_, {.path = "/state/dead/otel", .output_name = "otel"});
    ASSERT_TRUE(dead_letters);
    options.url = "http://collector:4318";
    options.lines.host_name = "web-1";
    output_ = std::make_unique<OtlpOutput>(std::move(options), std::move(transport),
                                           std::move(*dead_letters), clock_);
  }
  void give(std::string_view text) {
    test::TextChunk lines(text);
    lines.source.labels = {{"env", "prod"}};
    (void)output_->handle(lines.chunk, Delivery(&sink_, {lines.chunk.file, 0, text.size(),
                                                         lines.chunk.lines.size()}));
    output_->drain();
    output_->step();
  }
  void answer(int status, std::string body = "", std::string retry_after = "") {
    server_->answer(status, std::move(body), std::move(retry_after));
    output_->step();
  }
  std::string sent() const {
    const HttpRequest& request = server_->waiting().at(0).request;
    const bool is_gzip = std::ranges::count(request.headers, "Content-Encoding: gzip") > 0;
    return OtlpReader::describe(is_gzip ? gunzip(request.body) : request.body);
  }
  std::string dead_letters_text() const { return filesystem_.content("/state/dead/otel"); }

  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  SettledLines sink_;
  tests::FakeTransport* server_ = nullptr;
  std::unique_ptr<OtlpOutput> output_;
};

TEST_F(OtlpOutputTest, MapsRecords) {
  make({});
  give(kLines);
  EXPECT_EQ(sent(), tests::golden("outputs/otlp_logs.txt", sent()));
}

TEST_F(OtlpOutputTest, AsIsKeepsTheNamesOfAttributes) {
  make({.lines = {.canonical_keys = false}});
  give(kLines);
  EXPECT_EQ(sent(), tests::golden("outputs/otlp_logs_as_is.txt", sent()));
}

TEST_F(OtlpOutputTest, ARequestIsGzipWithTheHeadersThatAreWanted) {
  make({.headers = {"X-Scope-OrgID: team-a"}});
  give("one\n");
  const HttpRequest& request = server_->waiting().at(0).request;
  EXPECT_EQ(request.url, "http://collector:4318/v1/logs");
  EXPECT_EQ(request.headers, (std::vector<std::string>{"X-Scope-OrgID: team-a",
                                                       "Content-Type: application/x-protobuf",
                                                       "Content-Encoding: gzip"}));
  make({.gzip = false});
  give("one\n");
  EXPECT_EQ(server_->waiting().at(0).request.headers,
            std::vector<std::string>{"Content-Type: application/x-protobuf"});
  EXPECT_NE(sent().find("body \"one\""), std::string::npos);
}

TEST_F(OtlpOutputTest, ARepeatIsTheSameInEveryByte) {
  make({});
  give(kLines);
  const std::string first = sent();
  clock_.advance_seconds(100);
  make({});
  give(kLines);
  EXPECT_EQ(sent(), first);
}

TEST_F(OtlpOutputTest, DeepNestingEndsAsText) {
  make({});
  std::string deep = "1";
  for (int depth = 0; depth < 900; ++depth)
    deep = depth % 2 == 0 ? "[" + deep + "]" : "{\"k\":" + deep + "}";
  give("{\"message\":\"deep\",\"a\":" + deep + "}\n");
  EXPECT_NE(sent().find("\"[{\\\"k\\\":"), 0);
  answer(200);
  EXPECT_EQ(sink_.delivered, 1);
}

// 1: partial_success {1: rejected_log_records, 2: error_message}
std::string partial_success(char rejected, const std::string& message) {
  const std::string partial =
      std::string("\x08") + rejected + "\x12" + static_cast<char>(message.size()) + message;
  return "\x0a" + std::string(1, static_cast<char>(partial.size())) + partial;
}

TEST_F(OtlpOutputTest, APartialSuccessPutsTheRequestAside) {
  make({});
  give("one\ntwo\nthree\n");
  answer(200, partial_success(1, "too old"));
  EXPECT_EQ(server_->request_count(), 1) << "the specification forbids to send it again";
  EXPECT_EQ(sink_.dead_lettered, 3);
  EXPECT_NE(dead_letters_text().find("refused 1 of 3 records, without saying which: too old"),
            std::string::npos);
  EXPECT_NE(dead_letters_text().find(R"(\"message\":\"two\")"), std::string::npos);
}

TEST_F(OtlpOutputTest, AWarningIsASuccess) {
  for (const std::string& body : {std::string(), partial_success(0, "soon deprecated"),
                                  std::string("{\"json\":1}"), std::string("\xff\xff\xff")}) {
    make({});
    sink_ = {};
    give("one\n");
    answer(200, body);
    EXPECT_EQ(sink_.delivered, 1) << body;
  }
}

TEST_F(OtlpOutputTest, WhatIsRetryableIsSentAgain) {
  for (const int status : {408, 429, 502, 503, 504}) {
    make({});
    sink_ = {};
    give("one\n");
    answer(status, "", "7");
    EXPECT_EQ(output_->health().state, Health::State::kUnreachable) << status;
    clock_.advance_seconds(6);
    output_->step();
    EXPECT_EQ(server_->waiting().size(), 0) << status << " Retry-After is obeyed";
    clock_.advance_seconds(60);
    output_->step();
    answer(200);
    EXPECT_EQ(sink_.delivered, 1) << status;
  }
}

TEST_F(OtlpOutputTest, WhatIsFinalPausesAndLosesNothing) {
  for (const int status : {301, 401, 403, 404, 405, 415, 500, 501}) {
    make({});
    sink_ = {};
    give("one\n");
    answer(status, "\x08\x07\x12\x0bno such way");  // google.rpc.Status
    EXPECT_EQ(output_->health().state, Health::State::kPaused) << status;
    EXPECT_NE(output_->health().reason.find(": no such way"), std::string::npos)
        << output_->health().reason;
    clock_.advance_seconds(60);
    output_->step();
    answer(200);
    EXPECT_EQ(sink_.delivered, 1) << status;
    EXPECT_EQ(output_->health().state, Health::State::kUp);
  }
}

TEST_F(OtlpOutputTest, ARequestThatIsTooLargeIsHalved) {
  make({});
  give("one\ntwo\n");
  answer(413);
  ASSERT_EQ(server_->waiting().size(), 2);
  answer(200);
  answer(200);
  EXPECT_EQ(sink_.delivered, 2);
}

TEST_F(OtlpOutputTest, ABadRequestIsTheFaultOfOneLine) {
  make({});
  give("one\ntwo\nBAD\nfour\nfive\n");
  for (int requests = 0; requests < 20 && !server_->waiting().empty(); ++requests) {
    const bool is_bad = sent().find("BAD") != std::string::npos;
    answer(is_bad ? 400 : 200, is_bad ? "cannot read that" : "");
  }
  output_->step();
  EXPECT_EQ(sink_.delivered, 4);
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_NE(dead_letters_text().find("400: cannot read that"), std::string::npos);
  EXPECT_NE(dead_letters_text().find(R"(\"message\":\"BAD\")"), std::string::npos);
}

}  // namespace
}  // namespace sawlog::outputs
