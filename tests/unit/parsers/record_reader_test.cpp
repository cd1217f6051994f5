#include "parsers/record_reader.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using test::TextChunk;

std::string shown(const Value& value) {
  switch (value.kind) {
    case ValueKind::kAbsent:
      return "absent";
    case ValueKind::kString:
      return "\"" + std::string(value.text) + "\"";
    default:
      return std::string(value.text);
  }
}

// The field of a single line.
void check(std::string_view line, const std::string& field, const std::string& want) {
  for (const Purpose purpose : {Purpose::kFields, Purpose::kShipping}) {
    TextChunk text(line);
    RecordReader reader({field}, purpose);
    reader.start(text.chunk);
    const Record* record = reader.next();
    ASSERT_NE(record, nullptr) << line;
    EXPECT_EQ(shown((*record)[0]), want) << line << " " << field;
    EXPECT_EQ(reader.next(), nullptr) << line;
  }
}

TEST(RecordReader, flat_and_nested_names) {
  check(R"({"http.route":"/a"})", "http.route", "\"/a\"");
  check(R"({"http":{"route":"/a"}})", "http.route", "\"/a\"");
  check(R"({"http":{"x":1,"request":{"y":[{}],"method":"GET"}}})", "http.request.method",
        "\"GET\"");
  check(R"({"http.request":{"method":"GET"}})", "http.request.method", "\"GET\"");
  check(R"({"http":{"request.method":"GET"}})", "http.request.method", "\"GET\"");
  check(R"({"tenant":{"id":7}})", "tenant.id", "7");
  check(R"({"tenant":{"id":{"x":1}}})", "tenant.id", R"({"x":1})");
  check(R"({"tenant":{"id":[1,{"id":2}]}})", "tenant.id", R"([1,{"id":2}])");
  check(R"({"tenant":[{"id":7}]})", "tenant.id", "absent");
  check(R"({"a":{"tenant":{"id":7}}})", "tenant.id", "absent");
  check(R"({"http":"x"})", "http.route", "absent");
  check(R"({})", "http.route", "absent");
}

TEST(RecordReader, aliases_and_their_order) {
  check(R"({"endpoint":"/e"})", "http.route", "\"/e\"");
  check(R"({"path":"/p","endpoint":"/e"})", "http.route", "\"/e\"");
  check(R"({"path":"/p","endpoint":"/e","http":{"route":"/r"}})", "http.route", "\"/r\"");
  check(R"({"http.route":null,"path":"/p"})", "http.route", "\"/p\"");
  check(R"({"path":"/p","http.route":null})", "http.route", "\"/p\"");
  check(R"({"http.route":null})", "http.route", "null");
  check(R"({"url":{"path":"/u"}})", "http.route", "\"/u\"");
  check(R"({"status":201})", "http.response.status_code", "201");
  check(R"({"status":"success"})", "outcome", "\"success\"");
  check(R"({"msg":"m","event":"e"})", "message", "\"m\"");
  check(R"({"event":"e"})", "message", "\"e\"");
  check(R"({"event":{"name":"n"}})", "message", "absent");
  check(R"({"event":{"name":"n"}})", "event.name", "\"n\"");
  check(R"({"error":"e"})", "error.message", "\"e\"");
  check(R"({"error":true})", "error.message", "absent");
  check(R"({"err":{"type":"TypeError","message":"m","stack":"s"}})", "error.type", "\"TypeError\"");
  check(R"({"err":{"type":"TypeError","message":"m","stack":"s"}})", "error.stack_trace", "\"s\"");
  check(R"({"exception":[{"exc_type":"E"}]})", "error.stack_trace", "absent");
  check(R"({"name":"root"})", "log.logger", "\"root\"");
  check(R"({"name":"bookings","event.name":"business.event"})", "log.logger", "absent");
  check(R"({"event_type":"business.event","name":"bookings"})", "log.logger", "absent");
  check(R"({"name":"x","logger":"l","event.name":"gauge"})", "log.logger", "\"l\"");
  check(R"({"name":"bookings","event.name":"business.event"})", "name", "\"bookings\"");
  check(R"({"method":"GET"})", "tenant", "absent");
  check(R"({"level":"INFO"})", "log.level", "\"INFO\"");
}

TEST(RecordReader, parts_of_a_traceparent) {
  const std::string line =
      R"({"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"})";
  check(line, "trace_id", "\"0af7651916cd43dd8448eb211c80319c\"");
  check(line, "span_id", "\"b7ad6b7169203331\"");
  check(line, "trace_flags", "\"01\"");
  check(R"({"traceparent":"00-x"})", "trace_id", "absent");
  check(R"({"trace":{"id":"abc"},"traceId":"def"})", "trace_id", "\"abc\"");
}

TEST(RecordReader, texts_of_values) {
  check(R"({"a":"x\u0041\n\"\\\/\t"})", "a", "\"xA\n\"\\/\t\"");
  check(R"({"a":"\u00e4\u20ac\ud83d\ude00"})", "a", "\"\u00e4\u20ac\U0001F600\"");
  check(R"({"a":"<\ud83d>"})", "a", "\"<\uFFFD>\"");
  check(R"({"a":"<\ude00\ud83d>"})", "a", "\"<\uFFFD\uFFFD>\"");
  check(R"({ "a" : "x" })", "a", "\"x\"");
  check("\t{\"a\":\r 1 , \"b\" : 2 } ", "a", "1");
  check(R"({"\u0061":1})", "a", "1");
  check(R"({"a":1.50})", "a", "1.50");
  check(R"({"a":true})", "a", "true");
  check(R"({"a":[1, 2]})", "a", "[1, 2]");
  check(R"({"":1})", "", "1");
  check(R"({"a":1,"a":2})", "a", "1");
}

struct Numbers {
  ValueKind kind;
  double number;
  int64_t integer;
};

void check_number(std::string_view text, Numbers want, const std::string& field = "a") {
  TextChunk chunk("{\"" + field + "\":" + std::string(text) + "}");
  RecordReader reader({field, "event.duration"}, Purpose::kFields);
  reader.start(chunk.chunk);
  const Value& value = (*reader.next())[field == "a" ? 0 : 1];
  EXPECT_EQ(value.kind, want.kind) << text;
  const double number = value.kind == ValueKind::kString ? value.as_number() : value.number;
  EXPECT_TRUE(number == want.number || (std::isnan(number) && std::isnan(want.number)))
      << text << " " << number;
  EXPECT_EQ(value.integer, want.integer) << text;
}

TEST(RecordReader, numbers) {
  constexpr auto kInteger = ValueKind::kInteger;
  constexpr auto kDouble = ValueKind::kDouble;
  check_number("0", {kInteger, 0, 0});
  check_number("-7", {kInteger, -7, -7});
  check_number("9223372036854775807", {kInteger, 9223372036854775807.0, INT64_MAX});
  check_number("9223372036854775808", {kInteger, 9223372036854775808.0, INT64_MAX});
  check_number("-99999999999999999999", {kInteger, -99999999999999999999.0, INT64_MIN});
  check_number("1.25", {kDouble, 1.25, 0});
  check_number("-0.5e-3", {kDouble, -0.0005, 0});
  check_number("1E+2", {kDouble, 100, 0});
  check_number("1e999", {kDouble, HUGE_VAL, 0});
  check_number("-1e999", {kDouble, -HUGE_VAL, 0});
  check_number("1e-999", {kDouble, 0, 0});
  check_number("true", {ValueKind::kBool, 1, 1});
  check_number("\"12.5\"", {ValueKind::kString, 12.5, 0});
  for (const char* text : {"\"12.5s\"", "\"x\"", "\"\"", "\"-\"", "\"0x10\"", "\"2026-11-21\""})
    check_number(text, {ValueKind::kString, NAN, 0});
}

TEST(RecordReader, durations_are_in_nanoseconds) {
  constexpr auto kInteger = ValueKind::kInteger;
  constexpr auto kDouble = ValueKind::kDouble;
  check_number("1500", {kInteger, 1500, 1500}, "event.duration");
  check_number("1.5", {kDouble, 1.5e9, 0}, "duration");
  check_number("2", {kInteger, 2e9, 2'000'000'000}, "duration_s");
  check_number("0.25", {kDouble, 0.25e9, 0}, "elapsed");
  check_number("12.5", {kDouble, 12.5e6, 0}, "duration_ms");
  check_number("3", {kInteger, 3e6, 3'000'000}, "latency_ms");
  check_number("\"3\"", {kInteger, 3e6, 3'000'000}, "response_time_ms");
  check_number("99999999999999", {kDouble, 99999999999999e9, 99999999999999}, "duration");
  check_number("\"1.5s\"", {ValueKind::kAbsent, 0, 0}, "duration");
  check_number("{}", {ValueKind::kAbsent, 0, 0}, "duration");
}

TEST(RecordReader, the_sources_own_names_come_first) {
  const std::string line =
      R"({"http.route":"/r","uri":"/u","when":1795244815,"took_us":12,"meta":{"sev":"E"},"level":"info"})";
  TextChunk text(line + "\n" + R"({"http.route":"/r"})");
  text.source.fields = {{"http.route", "uri"},
                        {"@timestamp", "when"},
                        {"event.duration", "took_us"},
                        {"log.level", "meta.sev"}};
  RecordReader reader({"http.route", "event.duration"}, Purpose::kFields);
  reader.start(text.chunk);
  const Record* record = reader.next();
  EXPECT_EQ(shown((*record)[0]), "\"/u\"");
  EXPECT_EQ((*record)[1].integer, 12'000);
  EXPECT_EQ(record->own_time_unix_ns(), 1'795'244'815'000'000'000);
  EXPECT_EQ(record->level(), Level::kError);
  EXPECT_EQ(shown((*reader.next())[0]), "\"/r\"");

  text.source.fields.clear();  // the same address with another meaning
  reader.start(text.chunk);
  EXPECT_EQ(shown((*reader.next())[0]), "\"/r\"");
}

void check_shape(std::string_view line, Shape want) {
  // Alone, and in a chunk whose other lines it must not disturb.
  TextChunk alone(line);
  RecordReader reader({"a", "message"}, Purpose::kShipping);
  reader.start(alone.chunk);
  const Record* record = reader.next();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->shape(), want) << line;
  EXPECT_EQ(record->raw(), line);
  if (want != Shape::kJson) {
    EXPECT_EQ(shown((*record)[0]), "absent") << line;
    EXPECT_EQ((*record)[1].text, line);
    EXPECT_FALSE(record->own_time_unix_ns());
  }
  EXPECT_EQ(reader.next(), nullptr);

  TextChunk among(R"({"a":1})"
                  "\n" +
                  std::string(line) + "\n" +
                  R"({"a":"2"})"
                  "\n");
  reader.start(among.chunk);
  EXPECT_EQ(shown((*reader.next())[0]), "1") << line;
  EXPECT_EQ(reader.next()->shape(), want) << line;
  EXPECT_EQ(shown((*reader.next())[0]), "\"2\"") << line;
  EXPECT_EQ(reader.next(), nullptr);
}

TEST(RecordReader, what_is_json) {
  for (const char* line :
       {"{}", " { } ", R"({"a":1})", R"({"a":[[],{},[{}],"x",null,true,false,-1.5e+3]})",
        R"({"a":{"b":{"c":{}}},"d":0})", R"({"a":"\u0000\ud800"})", R"({"a":1,"a":2})",
        R"({"a":99999999999999999999999999999})", "{\"\xC3\xA4\":\"\xE2\x82\xAC\"}"})
    check_shape(line, Shape::kJson);
}

TEST(RecordReader, what_is_only_text) {
  for (const char* line : {"plain",
                           "[1]",
                           "1",
                           "\"x\"",
                           "null",
                           "{",
                           "}",
                           "{]",
                           R"({"a")",
                           R"({"a":})",
                           R"({"a":1)",
                           R"({"a":1,})",
                           R"({,"a":1})",
                           R"({"a":1 "b":2})",
                           R"({"a":1}{"b":2})",
                           R"({"a":1} x)",
                           R"({"a":1}])",
                           R"({"a":01})",
                           R"({"a":1.})",
                           R"({"a":.5})",
                           R"({"a":+1})",
                           R"({"a":1e})",
                           R"({"a":-})",
                           R"({"a":0x1})",
                           R"({"a":truee})",
                           R"({"a":tru})",
                           R"({"a":nul})",
                           R"({"a":NaN})",
                           R"({"a":[1,]})",
                           R"({"a":[1 2]})",
                           R"({"a":[1})",
                           R"({"a":{"b"}})",
                           R"({"a":{"b":1]})",
                           R"({"a":"x)",
                           R"({"a":"x"y})",
                           R"({"a":"x""y"})",
                           R"({a:1})",
                           R"({'a':1})",
                           R"({"a":"\x"})",
                           R"({"a":"\u12"})",
                           R"({"a":"\u12g4"})",
                           "{\"a\":\"\t\"}",
                           "{\"a\":1\x01}",
                           "{\"a\":\x0C"
                           "1}",
                           "{\"a\":1\x0C}",
                           "{\"a\"\x1A"
                           "1}",
                           R"({1:2})",
                           R"({"a"::1})",
                           R"({"a":,"b":1})",
                           R"({"a":{},})",
                           "\"",
                           "\\",
                           "it's",
                           "say \"hi",
                           "{\"a\":\"",
                           R"({"http":{"route":1,}})",
                           R"({"http":{"route"}})",
                           R"({"http":{)",
                           R"({"http":{"a":1]})",
                           "x{}",
                           "\x0B{}"})
    check_shape(line, Shape::kText);
}

TEST(RecordReader, behind_a_byte_order_mark) {
  for (const auto& [line, want] :
       {std::pair{"{}", Shape::kJson}, std::pair{" {}", Shape::kJson},
        std::pair{"x{}", Shape::kText}, std::pair{"\xEF\xBB\xBF{}", Shape::kText}}) {
    TextChunk text("\xEF\xBB\xBF" + std::string(line));
    RecordReader reader({}, Purpose::kFields);
    reader.start(text.chunk);
    EXPECT_EQ(reader.next()->shape(), want) << line;
  }
}

TEST(RecordReader, what_is_binary) {
  for (const char* line : {"\xFF\xFE", "caf\xE9", "{\"a\":\"caf\xE9\"}", "\xC0\x80", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "x\xC3", "{\"a\":1}\x80"})
    check_shape(line, Shape::kBinary);
}

TEST(RecordReader, zero_bytes_are_text) {
  check_shape(std::string_view("\0\0\0", 3), Shape::kText);
  check_shape(std::string_view("{\"a\":\"\0\"}", 9), Shape::kText);
  check_shape(std::string_view("\0{\"a\":1}", 8), Shape::kText);
  check_shape(std::string_view("{\"a\":1\0}", 8), Shape::kText);
}

TEST(RecordReader, depth_is_limited) {
  const auto nested = [](size_t depth, const char* open, const char* close) {
    std::string text = "{\"a\":";
    for (size_t i = 0; i < depth; ++i) text += open;
    text += "1";
    for (size_t i = 0; i < depth; ++i) text += close;
    return text + "}";
  };
  check_shape(nested(1000, "[", "]"), Shape::kJson);
  check_shape(nested(1001, "[", "]"), Shape::kText);
  check_shape(nested(100'000, "[", "]"), Shape::kText);
  check_shape(nested(1000, "{\"a\":", "}"), Shape::kJson);
  check_shape(nested(100'000, "{\"a\":", "}"), Shape::kText);
  check_shape(std::string(200'000, '['), Shape::kText);
  check_shape("{\"http\":" + nested(500, "{\"http\":", "}") + "}", Shape::kJson);
}

TEST(RecordReader, large_keys_and_many_keys) {
  check_shape("{\"" + std::string(1'000'000, 'k') + "\":1}", Shape::kJson);
  std::string line = "{\"a\":5";
  for (int i = 0; i < 20'000; ++i) line += ",\"key" + std::to_string(i) + "\":1";
  check(line + "}", "a", "5");
}

TEST(RecordReader, a_cut_line_is_text) {
  TextChunk text(R"({"a":"0123456789"})"
                 "\n"
                 R"({"a":1})",
                 10);
  RecordReader reader({"a"}, Purpose::kShipping);
  reader.start(text.chunk);
  const Record* record = reader.next();
  EXPECT_EQ(record->shape(), Shape::kText);
  EXPECT_TRUE(record->line().is_cut());
  EXPECT_EQ(shown((*reader.next())[0]), "1");
}

TEST(RecordReader, shapes_of_lines_may_alternate) {
  std::string text;
  for (int i = 0; i < 50; ++i) {
    text += R"({"x":1,"a":"1","y":2})"
            "\n"
            R"({"a":"2","x":1})"
            "\n"
            R"({"y":{"z":[1,2]},"a":"3"})"
            "\n";
    text +=
        "text\n"
        R"({"x":1,"y":2})"
        "\n";
  }
  TextChunk chunk(text);
  RecordReader reader({"a"}, Purpose::kShipping);
  reader.start(chunk.chunk);
  for (int i = 0; i < 50; ++i)
    for (const char* want : {"\"1\"", "\"2\"", "\"3\"", "absent", "absent"})
      ASSERT_EQ(shown((*reader.next())[0]), want);
  EXPECT_EQ(reader.next(), nullptr);
}

}  // namespace
}  // namespace sawlog::parsers
