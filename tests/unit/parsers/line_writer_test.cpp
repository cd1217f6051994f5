#include "parsers/line_writer.h"

#include <string>

#include <gtest/gtest.h>

#include "parsers/record_reader.h"
#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;

// TextChunk's first_read_unix_ns.
const std::string kChunkTime = R"("@timestamp":"2026-11-21T07:06:55.123456Z")";

std::string ship(TextChunk& text, const LineWriterOptions& options) {
  RecordReader reader({}, Purpose::kShipping);
  LineWriter writer(options);
  std::string out;
  reader.start(text.chunk);
  while (const Record* record = reader.next()) {
    if (!out.empty()) out += '\n';
    writer.append(text.chunk, *record, out);
  }
  return out;
}

// Without enrichment: only what keys: canonical does.
std::string canonical(std::string_view line) {
  TextChunk text(line);
  text.source.enrich = false;
  return ship(text, {});
}
void check(std::string_view line, const std::string& want) {
  EXPECT_EQ(canonical(line), want);
}
void check_same(const std::string& line) {
  EXPECT_EQ(canonical(line), line);
}

// The same for lines whose time does not matter.
void check_fields(std::string_view fields, const std::string& want) {
  const std::string time = R"({"@timestamp":"2026-11-21T07:06:55Z",)";
  EXPECT_EQ(canonical(time + std::string(fields) + "}"), time + want + "}");
}

TEST(LineWriter, leaves_what_is_right) {
  check_same(R"({"@timestamp":"2026-11-21T07:06:55Z"})");
  check_same(
      R"({"@timestamp":"2026-11-21T07:06:55.123456Z","log.level":"info","message":"order placed",)"
      R"("ecs.version":"8.11.0","log.logger":"a","service.name":"s","n":1.0e2,"x":[{},null]})");
  check_same(R"( { "@timestamp" : "2026-11-21T07:06:55.123456789Z" , "a" : 1 } )");
}

TEST(LineWriter, the_time_goes_to_timestamp) {
  check(R"({"time":"2026-11-21T07:06:55.1Z","a":1})",
        R"({"@timestamp":"2026-11-21T07:06:55.1Z","a":1})");
  check(R"({"a":1,"ts":1795244815.25})", R"({"a":1,"@timestamp":"2026-11-21T07:06:55.250000Z"})");
  check(R"({"time":1795244815123})", R"({"@timestamp":"2026-11-21T07:06:55.123000Z"})");
  check(R"({"ts":1795244815123456789})", R"({"@timestamp":"2026-11-21T07:06:55.123456789Z"})");
  check(R"({"@timestamp":1795244815})", R"({"@timestamp":"2026-11-21T07:06:55.000000Z"})");
  check(R"({"@timestamp":"2026-11-21T09:06:55+02:00"})",
        R"({"@timestamp":"2026-11-21T07:06:55.000000Z"})");
  check(R"({"asctime":"2026-11-21 07:06:55,123"})",
        R"({"@timestamp":"2026-11-21T07:06:55.123000Z"})");
  check(R"({"timestamp":"2026-11-21T07:06:5\u0035Z"})",
        R"({"@timestamp":"2026-11-21T07:06:55.000000Z"})");
}

TEST(LineWriter, a_record_without_a_time_gets_that_of_its_chunk) {
  check("{}", "{" + kChunkTime + "}");
  check(R"({"a":1})", "{" + kChunkTime + R"(,"a":1})");
  check(R"({"time":0.004})", "{" + kChunkTime + R"(,"time":0.004})");
  check(R"({"@timestamp":"soon"})", "{" + kChunkTime + R"(,"labels.@timestamp":"soon"})");
  check(R"({"@timestamp":null,"a":1})", "{" + kChunkTime + R"(,"labels.@timestamp":null,"a":1})");
}

TEST(LineWriter, a_time_that_is_not_needed_moves) {
  check(R"({"@timestamp":"2026-11-21T07:06:55Z","time":1795244815})",
        R"({"@timestamp":"2026-11-21T07:06:55Z","labels.time":1795244815})");
  check(R"({"ts":1795244815,"time":"2026-11-21T07:06:55Z"})",
        R"({"labels.ts":1795244815,"@timestamp":"2026-11-21T07:06:55Z"})");
  check(R"({"@timestamp":"soon","time":"2026-11-21T07:06:55Z"})",
        R"({"labels.@timestamp":"soon","@timestamp":"2026-11-21T07:06:55Z"})");
  check_fields(R"("time":0.004)", R"("time":0.004)");
}

TEST(LineWriter, the_level_goes_to_log_level_as_a_word) {
  check_fields(R"("level":"info")", R"("log.level":"info")");
  check_fields(R"("level":"INFO")", R"("log.level":"info")");
  check_fields(R"("severity":"WARNING")", R"("log.level":"warn")");
  check_fields(R"("levelname":"CRITICAL")", R"("log.level":"fatal")");
  check_fields(R"("level":30)", R"("log.level":"info")");
  check_fields(R"("log.level":"Error")", R"("log.level":"error")");
  check_fields(R"("log":{"x":1,"level":"INFO"})", R"("log":{"x":1,"level":"info"})");
  check_fields(R"("level":"loud")", R"("log.level":"loud")");
  check_fields(R"("level":99)", R"("log.level":"99")");
  check_fields(R"("level":true)", R"("level":true)");
  check_fields(R"("level":{"x":1})", R"("level":{"x":1})");
  check_fields(R"("level":null)", R"("level":null)");
  check_fields(R"("log.level":"info","level":"INFO")",
               R"("log.level":"info","labels.level":"INFO")");
  check_fields(R"("lvl":"E","level":"INFO")", R"("labels.lvl":"E","log.level":"info")");
  check_fields(R"("level":"info","log":{"level":"info"})",
               R"("labels.level":"info","log":{"level":"info"})");
}

TEST(LineWriter, the_text_goes_to_message) {
  check_fields(R"("msg":"m")", R"("message":"m")");
  check_fields(R"("event":"e")", R"("message":"e")");
  check_fields(R"("event":"e","msg":"m")", R"("labels.event":"e","message":"m")");
  check_fields(R"("event":"e","message":"m")", R"("labels.event":"e","message":"m")");
  check_fields(R"("message":null,"msg":"m")", R"("labels.message":null,"message":"m")");
  check_fields(R"("event":{"name":"n"},"msg":"m")", R"("event":{"name":"n"},"message":"m")");
  check_fields(R"("event":["a"])", R"("message":["a"])");
  check_fields(R"("event":["a"],"message":"m")", R"("labels.event":["a"],"message":"m")");
  check_fields(R"("event":null)", R"("event":null)");
}

TEST(LineWriter, scalars_under_names_of_objects_go_one_level_down) {
  check_fields(R"("error":"boom")", R"("error.message":"boom")");
  check_fields(R"("error":false)", R"("error.message":false)");
  check_fields(R"("error":{"type":"E"})", R"("error":{"type":"E"})");
  check_fields(R"("error":null,"host":[],"user":{})", R"("error":null,"host":[],"user":{})");
  check_fields(R"("error":["a","b"])", R"("error.message":["a","b"])");
  check_fields(R"("error":[{"a":1}])", R"("error":[{"a":1}])");
  check_fields(R"("host":"h","service":"s","user":7,"url":"/u","http":1,"source":"x","log":"l")",
               R"("host.name":"h","service.name":"s","user.name":7,"url.original":"/u",)"
               R"("http.value":1,"source.address":"x","log.value":"l")");
  check_fields(R"("error":"boom","error.message":"m")",
               R"("labels.error":"boom","error.message":"m")");
  check_fields(R"("error.message":"m","error":"boom","labels.error":1)",
               R"("error.message":"m","labels.error_2":"boom","labels.error":1)");
}

TEST(LineWriter, repeated_keys_get_names_of_their_own) {
  check_fields(R"("a":1,"a":2,"a":3)", R"("a":1,"labels.a_2":2,"labels.a_3":3)");
  check_fields(R"("a":1,"\u0061":2)", R"("a":1,"labels.a_2":2)");
  check_fields(R"("labels.a_2":0,"a":1,"a":2)", R"("labels.a_2":0,"a":1,"labels.a_3":2)");
  check_fields(R"("level":"info","level":"error")",
               R"("log.level":"info","labels.level_2":"error")");
  const std::string key(300, 'k');
  check_fields("\"" + key + "\":1,\"" + key + "\":2",
               "\"" + key + "\":1,\"labels." + key + "_2\":2");
  std::string many = R"({"time":1795244815)";
  for (int i = 0; i < 1000; ++i) many += R"(,"a":1)";
  many += "}";
  const std::string wrapped = canonical(many);
  EXPECT_TRUE(
      wrapped.starts_with(R"({"@timestamp":"2026-11-21T07:06:55.000000Z","message":"{\"time\")"));
}

TEST(LineWriter, unpaired_surrogates_are_replaced) {
  check_fields(R"("a":"\ud800","\udc00":"\ud83d\ude00")",
               R"("a":"\ufffd","\ufffd":"\ud83d\ude00")");
  check_fields(R"("x":{"y":["\udfff"]})", R"("x":{"y":["\ufffd"]})");
  TextChunk text(R"({"@timestamp":"x","a":"\ud800"})");
  EXPECT_EQ(ship(text, {.canonical_keys = false}), R"({"@timestamp":"x","a":"\ufffd"})");
}

TEST(LineWriter, the_sources_own_names_are_edited_too) {
  TextChunk text(R"({"when":1795244815,"sev":"E","text":"t","time":"2026-11-21T07:06:55Z"})"
                 "\n"
                 R"({"meta":{"when":1795244815,"sev":"W"},"body":{"text":"t"}})");
  text.source.enrich = false;
  text.source.fields = {{"@timestamp", "when"}, {"log.level", "sev"}, {"message", "text"}};
  EXPECT_TRUE(ship(text, {}).starts_with(
      R"({"@timestamp":"2026-11-21T07:06:55.000000Z","log.level":"error","message":"t","labels.time":"2026-11-21T07:06:55Z"})"));
  text.source.fields = {
      {"@timestamp", "meta.when"}, {"log.level", "meta.sev"}, {"message", "body.text"}};
  EXPECT_TRUE(ship(text, {}).ends_with(
      "\n"
      R"({"@timestamp":"2026-11-21T07:06:55.000000Z","log.level":"warn","message":"t",)"
      R"("meta":{"when":1795244815,"sev":"W"},"body":{"text":"t"}})"));
}

TEST(LineWriter, elasticsearch_gets_its_trace_keys) {
  const auto elastic = [](std::string_view line) {
    TextChunk text(line);
    text.source.enrich = false;
    return ship(text, {.elastic_trace_keys = true});
  };
  const std::string time = R"("@timestamp":"2026-11-21T07:06:55Z")";
  EXPECT_EQ(elastic("{" + time + R"(,"trace_id":"t","span_id":"s"})"),
            R"({"trace.id":"t","span.id":"s",)" + time + R"(,"trace_id":"t","span_id":"s"})");
  EXPECT_EQ(elastic("{" + time + R"(,"traceId":"t"})"),
            R"({"trace.id":"t",)" + time + R"(,"traceId":"t"})");
  for (const char* rest : {R"(,"trace.id":"t"})", R"(,"trace":{"id":"t"},"trace_id":"u"})",
                           R"(,"trace":"Traceback","trace_id":"u"})", R"(,"trace_id":7})", "}"})
    EXPECT_EQ(elastic("{" + time + rest), "{" + time + rest);
}

TEST(LineWriter, adds_what_the_record_lacks) {
  const auto enriched = [](std::string_view line) {
    TextChunk text(line);
    text.source.labels = {{"env", "dev"}, {"service.name", "shop"}, {"env", "pro\"d"}};
    return ship(text, {.host_name = "web-1"});
  };
  const std::string time = R"("@timestamp":"2026-11-21T07:06:55Z")";
  const std::string all =
      R"("host.name":"web-1","log.file.path":"/var/log/app.log","service.name":"shop","env":"pro\"d")";
  EXPECT_EQ(enriched("{" + time + "}"), "{" + all + "," + time + "}");
  EXPECT_EQ(enriched("{}"), "{" + kChunkTime + "," + all + "}");
  EXPECT_EQ(enriched("{" + time + R"(,"host":{"name":"h"},"service":"s","env":null})"),
            R"({"log.file.path":"/var/log/app.log",)" + time +
                R"(,"host":{"name":"h"},"service.name":"s","env":null})");
  EXPECT_EQ(enriched("{" + time +
                     R"(,"host":"h","log":{"file":{"path":"p"}},"service":{"name":"s"},"env":""})"),
            "{" + time +
                R"(,"host.name":"h","log":{"file":{"path":"p"}},"service":{"name":"s"},"env":""})");
  EXPECT_EQ(enriched("text"), "{" + kChunkTime + "," + all + R"(,"message":"text"})");
}

TEST(LineWriter, a_label_takes_the_place_of_what_the_agent_adds) {
  TextChunk text(R"({"@timestamp":"2026-11-21T07:06:55Z"})"
                 "\nx");
  text.source.labels = {
      {"host.name", "h"}, {"log.file.path", "p"}, {"message", "m"}, {"@timestamp", "t"}};
  EXPECT_EQ(
      ship(text, {.host_name = "web-1"}),
      R"({"host.name":"h","log.file.path":"p","message":"m","@timestamp":"2026-11-21T07:06:55Z"})"
      "\n"
      R"({)" +
          kChunkTime + R"(,"host.name":"h","log.file.path":"p","message":"x"})");
}

TEST(LineWriter, as_is_adds_only_a_missing_time) {
  const auto as_is = [](std::string_view line) {
    TextChunk text(line);
    text.source.labels = {{"env", "prod"}};
    return ship(text, {.canonical_keys = false, .elastic_trace_keys = true, .host_name = "h"});
  };
  for (const char* line :
       {R"({"@timestamp":"x","level":"INFO","event":"e","trace_id":"t","a":1,"a":2})",
        R"( {"a" : 1, "@timestamp":null} )"})
    EXPECT_EQ(as_is(line), line);
  EXPECT_EQ(as_is(R"({"time":1795244815,"level":"INFO"})"),
            R"({"@timestamp":"2026-11-21T07:06:55.000000Z","time":1795244815,"level":"INFO"})");
  EXPECT_EQ(as_is("{ }"), "{" + kChunkTime + " }");
  EXPECT_EQ(as_is("text"), "{" + kChunkTime + R"(,"message":"text"})");
}

TEST(LineWriter, what_is_not_json_is_wrapped) {
  const std::string begin = "{" + kChunkTime + ",";
  check("it's \"text\"\\", begin + R"("message":"it's \"text\"\\"})");
  check(R"({"a":1)", begin + R"("message":"{\"a\":1"})");
  check("[1]", begin + R"("message":"[1]"})");
  check(std::string_view("a\0b\x1b[0m", 7), begin + R"("message":"a\u0000b\u001b[0m"})");
  check("caf\xE9", begin + "\"log.flags\":\"binary\",\"message\":\"caf\xEF\xBF\xBD\"}");
}

TEST(LineWriter, a_cut_line_is_wrapped_and_marked) {
  TextChunk text(R"({"a":"0123456789"})"
                 "\n"
                 "\xFF"
                 "0123456789\n",
                 10);
  text.source.enrich = false;
  const std::string begin = "{" + kChunkTime + ",";
  EXPECT_EQ(ship(text, {}),
            begin +
                R"("log.flags":"truncated","log.original_bytes":18,"message":"{\"a\":\"0123"})"
                "\n" +
                begin +
                R"("log.flags":["truncated","binary"],"log.original_bytes":11,"message":")"
                "\xEF\xBF\xBD"
                R"(012345678"})");
}

}  // namespace
}  // namespace sawlog::parsers
