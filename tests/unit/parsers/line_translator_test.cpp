#include "parsers/line_translator.h"

#include <gtest/gtest.h>

#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;

SourceContext source_of(LineFormat format) {
  SourceContext source;
  source.format = format;
  return source;
}

// The whole text as one record.
std::string translated(std::string_view text, const SourceContext& source,
                       const LineOrigin& origin = {}) {
  TextChunk input(text);
  Line line;
  line.size_bytes = static_cast<uint32_t>(text.size());
  line.original_size_bytes = line.size_bytes;
  line.next = line.size_bytes;
  input.chunk.source = &source;
  input.chunk.lines = {&line, 1};
  input.chunk.file_unix_ns = input.chunk.first_read_unix_ns;
  if (!origin.time.empty()) {
    input.chunk.raw = input.chunk.bytes;
    input.chunk.origins = {&origin, 1};
  }
  LineTranslator translator(source);
  translator.translate(input.chunk);
  EXPECT_EQ(input.chunk.lines.size(), 1);
  return std::string(input.chunk.text(input.chunk.lines[0]));
}

void check(std::string_view text, const std::string& want, LineFormat format = LineFormat::kAuto) {
  EXPECT_EQ(translated(text, source_of(format)), want) << text;
}

TEST(LineTranslator, access_logs) {
  check(
      R"(10.0.0.7 - ann [21/Nov/2026:08:06:55 +0100] "GET /orders?id=7 HTTP/1.1" 503 12 "-" "curl/7.88" 0.250)",
      R"({"source.address":"10.0.0.7","user.name":"ann","@timestamp":"2026-11-21T07:06:55.000000Z","http.request.method":"GET","url.path":"/orders","url.query":"id=7","http.version":"1.1","http.response.status_code":503,"http.response.body.bytes":12,"user_agent.original":"curl/7.88","duration_s":0.250,"event.name":"http.access","message":"10.0.0.7 - ann [21/Nov/2026:08:06:55 +0100] \"GET /orders?id=7 HTTP/1.1\" 503 12 \"-\" \"curl/7.88\" 0.250"})");
  check(
      R"(::1 - - [21/Nov/2026:07:06:55 +0000] "\x16\x03" 400 - "-" "-")",
      R"({"source.address":"::1","@timestamp":"2026-11-21T07:06:55.000000Z","http.response.status_code":400,"event.name":"http.access","message":"::1 - - [21/Nov/2026:07:06:55 +0000] \"\\x16\\x03\" 400 - \"-\" \"-\""})");
  check(
      R"(INFO:     127.0.0.1:54321 - "POST /items HTTP/1.1" 201 Created)",
      R"({"log.level":"INFO","source.address":"127.0.0.1","source.port":54321,"http.request.method":"POST","url.path":"/items","http.version":"1.1","http.response.status_code":201,"event.name":"http.access","message":"INFO:     127.0.0.1:54321 - \"POST /items HTTP/1.1\" 201 Created"})");
}

TEST(LineTranslator, what_services_write) {
  const std::string time = R"({"@timestamp":"2026-11-21T07:06:55.123000Z",)";
  check("2026-11-21 07:06:55,123 - shop.orders - WARNING - slow: 3 s",
        time + R"("log.logger":"shop.orders","log.level":"WARNING","message":"slow: 3 s"})");
  check("2026-11-21 07:06:55,123 [INFO] shop: started",
        time + R"("log.level":"INFO","log.logger":"shop","message":"started"})");
  check("2026-11-21 07:06:55,123 INFO shop started",
        time + R"("log.level":"INFO","message":"shop started"})");
  check("WARNING:shop.orders:slow",
        R"({"log.level":"WARNING","log.logger":"shop.orders","message":"slow"})");
  check("INFO:     Application startup complete.",
        R"({"log.level":"INFO","message":"Application startup complete."})");
  check(
      "[2026-11-21 07:06:55 +0000] [1234] [INFO] Listening",
      R"({"@timestamp":"2026-11-21T07:06:55.000000Z","process.pid":1234,"log.level":"INFO","message":"Listening"})");
  check(
      "[2026-11-21 07:06:55.123] [shop] [warning] [a.cpp:12] slow",
      time +
          R"("log.logger":"shop","log.level":"warning","log.origin.file.name":"a.cpp","log.origin.file.line":12,"message":"slow"})");
  check("[2026-11-21 07:06:55.123] [info] started",
        time + R"("log.level":"info","message":"started"})");
  check(
      "2026-11-21 07:06:55,123 [main] INFO  com.foo.Bar - started",
      time +
          R"("process.thread.name":"main","log.level":"INFO","log.logger":"com.foo.Bar","message":"started"})");
  check(
      "2026-11-21 07:06:55.123  INFO 1234 --- [shop] [           main] c.f.Bar                  : "
      "started",
      time +
          R"("log.level":"INFO","process.pid":1234,"process.thread.name":"main","log.logger":"c.f.Bar","message":"started"})");
  check(
      "2026-11-21 07:06:55.123 | INFO     | shop.main:run:12 - started",
      time +
          R"("log.level":"INFO","log.logger":"shop.main","log.origin.function":"run","log.origin.file.line":12,"message":"started"})");
  check(
      "2026/11/21 07:06:55 [error] 12#34: *1 open() failed",
      R"({"@timestamp":"2026-11-21T07:06:55.000000Z","log.level":"error","process.pid":12,"message":"*1 open() failed"})");
  check(
      "2026/11/21 07:06:55 main.go:7: started",
      R"({"@timestamp":"2026-11-21T07:06:55.000000Z","log.origin.file.name":"main.go","log.origin.file.line":7,"message":"started"})");
  check("2026-11-21 07:06:55,123 anything else", time + R"("message":"anything else"})");
  check("nothing that is known", "nothing that is known");
}

TEST(LineTranslator, syslog_takes_its_year_from_the_file) {
  check(
      "Nov 21 07:06:55 web1 sshd[77]: Accepted",
      R"({"@timestamp":"2026-11-21T07:06:55.000000Z","host.name":"web1","service.name":"sshd","process.pid":77,"message":"Accepted"})");
  check(
      "<34>Dec  1 07:06:55 web1 su: failed",
      R"({"log.syslog.priority":34,"log.level":"crit","@timestamp":"2025-12-01T07:06:55.000000Z","host.name":"web1","service.name":"su","message":"failed"})");
  check(
      R"(<165>1 2026-11-21T07:06:55.003Z web1 app 77 ID47 [x@1 a="b"] text)",
      R"({"log.syslog.priority":165,"log.level":"notice","@timestamp":"2026-11-21T07:06:55.003000Z","host.name":"web1","service.name":"app","process.pid":77,"labels.msgid":"ID47","labels.structured_data":"[x@1 a=\"b\"]","message":"text"})");
  check(
      "2026-11-21T07:06:55.123456+00:00 web1 app[7]: text",
      R"({"@timestamp":"2026-11-21T07:06:55.123456Z","host.name":"web1","service.name":"app","process.pid":7,"message":"text"})");
  check(
      "W1121 07:06:55.123456    1234 file.go:12] text",
      R"({"log.level":"W","@timestamp":"2026-11-21T07:06:55.123456Z","process.pid":1234,"log.origin.file.name":"file.go","log.origin.file.line":12,"message":"text"})");
}

TEST(LineTranslator, logfmt) {
  check(
      R"(ts=2026-11-21T07:06:55Z level=warn msg="slow \"query\"" took=1.5s flag=)",
      R"({"ts":"2026-11-21T07:06:55Z","level":"warn","took":"1.5s","flag":"","message":"slow \"query\""})");
  check("a=1 b=2", "a=1 b=2");
  check("a=1 b=2 flag", R"({"a":"1","b":"2","flag":true})", LineFormat::kLogfmt);
  check("just text", "just text", LineFormat::kLogfmt);
  check("level=info the rest is text", "level=info the rest is text");
  check(R"(level=info msg="open)", R"(level=info msg="open)");
  check(R"(level=info msg="\x")", R"({"level":"info","message":"\\x"})");
}

TEST(LineTranslator, traces_become_errors) {
  check(
      "2026-11-21 07:06:55,123 ERROR shop: cannot ship\nTraceback (most recent call last):\n  "
      "File\nValueError: no stock",
      R"({"@timestamp":"2026-11-21T07:06:55.123000Z","log.level":"ERROR","log.logger":"shop","message":"cannot ship","error.type":"ValueError","error.message":"no stock","error.stack_trace":"Traceback (most recent call last):\n  File\nValueError: no stock"})");
  check(
      "2026-11-21 07:06:55,123 ERROR shop: cannot\n  ship it",
      R"({"@timestamp":"2026-11-21T07:06:55.123000Z","log.level":"ERROR","log.logger":"shop","message":"cannot\n  ship it"})");
  check(
      "java.lang.Exception: boom\n\tat a.B.c(B.java:1) [x.jar]",
      R"({"log.level":"error","message":"java.lang.Exception: boom","error.type":"java.lang.Exception","error.message":"boom","error.stack_trace":"java.lang.Exception: boom\n\tat a.B.c(B.java:1) [x.jar]"})");
  check(
      "panic: boom\ngoroutine 1 [running]:",
      R"({"log.level":"fatal","message":"panic: boom","error.type":"panic","error.message":"boom","error.stack_trace":"panic: boom\ngoroutine 1 [running]:"})");
  check(
      "terminate called after throwing an instance of 'std::runtime_error'\n  what():  boom",
      R"({"log.level":"fatal","message":"boom","error.type":"std::runtime_error","error.message":"boom","error.stack_trace":"terminate called after throwing an instance of 'std::runtime_error'\n  what():  boom"})");
}

TEST(LineTranslator, a_pattern_of_ones_own) {
  SourceContext source = source_of(LineFormat::kRegex);
  source.pattern = R"(^(?P<level>\w+)\|(?P<http__route>[^|]*)\|(?P<message>.*)$)";
  EXPECT_EQ(translated("warn|/a|text", source),
            R"({"log.level":"warn","http.route":"/a","message":"text"})");
  EXPECT_EQ(translated("else", source), "else");
  EXPECT_EQ(translated(R"({"a":1})", source), R"({"a":1})");
}

TEST(LineTranslator, containers_content) {
  const LineOrigin origin{0, 1, "2026-11-21T07:06:55.1Z", "stderr"};
  const SourceContext source = source_of(LineFormat::kAuto);
  const std::string envelope =
      R"({"event.created":"2026-11-21T07:06:55.1Z","log.iostream":"stderr",)";
  EXPECT_EQ(translated(R"({"a":1})", source, origin), envelope + R"("a":1})");
  EXPECT_EQ(translated("{}", source, origin),
            R"({"event.created":"2026-11-21T07:06:55.1Z","log.iostream":"stderr"})");
  EXPECT_EQ(translated("{\"a\":}", source, origin), envelope + R"("message":"{\"a\":}"})");
  EXPECT_EQ(translated("text", source, origin), envelope + R"("message":"text"})");
  EXPECT_EQ(translated("WARNING:a:b", source, origin),
            envelope + R"("log.level":"WARNING","log.logger":"a","message":"b"})");
  EXPECT_EQ(translated("{\n \"a\": 1\n}", source, origin), envelope + "  \"a\": 1 }");
}

TEST(LineTranslator, what_is_no_time_stays_as_it_is) {
  check(
      "Feb 30 07:06:55 web1 app: x",
      R"({"@timestamp":"Feb 30 07:06:55","host.name":"web1","service.name":"app","message":"x"})");
}

}  // namespace
}  // namespace sawlog::parsers
