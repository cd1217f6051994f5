// What LineWriter puts out is a JSON object in valid UTF-8, without a key twice at its top that was
// not there before: for any bytes. Lines are mutated from valid ones; the seed is printed.
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "parsers/line_writer.h"
#include "parsers/record_reader.h"
#include "tests/support/text_chunk.h"

namespace sawlog::parsers {
namespace {

using Random = std::mt19937_64;

const std::vector<std::string> kSeeds = {
    R"({"timestamp":"2026-01-05T08:00:00.000123Z","level":"INFO","logger":"http.access","message":"request completed","service":"checkout","http.method":"GET","endpoint":"/api/v1/cart","status_code":200,"duration_ms":12.5,"trace_id":"0af7651916cd43dd8448eb211c80319c"})",
    R"({"event": "user \"logged\" in", "level": "warning", "timestamp": "2026-11-21T07:06:55.123456Z", "logger": "a.b", "exception": "Traceback\n  File \"x.py\", line 3"})",
    R"({"level":30,"time":1795244815123,"pid":7,"hostname":"h","err":{"type":"Error","message":"m","stack":"s\n\tat x"},"msg":"m"})",
    R"({"level":"info","ts":1795244815.25,"caller":"x/y.go:1","msg":"m","error":"boom","a":[1,{"b":null},[]],"c":{"d":{"e":true}}})",
    R"({"@timestamp":"2026-11-21T07:06:55Z","log.level":"error","message":"m","host":"h","user":["a"],"url":"u","http":{"route":"/"},"log":{"level":"x"}})",
    R"({"error":"e","error.message":"m","labels.error":1,"event":"e","a":"\ud83d\ude00\ud800\u0000\u00e4"})",
    "plain text with \"quotes\" and \xC3\xA4",
    "",
    "{}",
    R"([1,2])",
};

const std::vector<std::string> kPieces = {"\"",
                                          "\\",
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          ",",
                                          ":",
                                          "\\u",
                                          "\\ud800",
                                          "\\udc00",
                                          "null",
                                          "true",
                                          "-",
                                          "1e9",
                                          "0",
                                          "\n",
                                          "\r",
                                          "\t",
                                          " ",
                                          "\"level\":",
                                          "\"@timestamp\":",
                                          "\"message\":\"x\",",
                                          "\"event\":1,",
                                          "\"labels.msg\":1,",
                                          "\"time\":1795244815,",
                                          "\x01",
                                          "\xFF",
                                          "\xC3",
                                          "\xE2\x82\xAC",
                                          "\xED\xA0\x80",
                                          "\xEF\xBB\xBF",
                                          "\"log.level\":\"info\",",
                                          "\"a\":1,\"a\":2,",
                                          std::string(1, '\0')};

std::string mutated(Random& random) {
  std::string text = kSeeds[random() % kSeeds.size()];
  const size_t count = random() % 4;
  for (size_t i = 0; i < count; ++i) {
    const size_t at = random() % (text.size() + 1);
    switch (random() % 6) {
      case 0:
        text.insert(at, kPieces[random() % kPieces.size()]);
        break;
      case 1:
        text.erase(at, 1 + random() % 8);
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 3:
        text.insert(at, text.substr(random() % (text.size() + 1), random() % 40));
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random() % 8));
        break;
      default:
        text.insert(at, kSeeds[random() % kSeeds.size()].substr(0, random() % 60));
    }
  }
  return text;
}

// The keys at the top, or nothing if it is not one JSON object.
std::optional<std::multiset<std::string>> top_keys(std::string_view line) {
  static simdjson::dom::parser parser;
  simdjson::dom::element document;
  const auto error = parser.parse(simdjson::padded_string(line)).get(document);
  if (error == simdjson::NUMBER_ERROR) return std::multiset<std::string>{};  // beyond 64 bits
  simdjson::dom::object object;
  if (error || document.get(object)) return std::nullopt;
  std::multiset<std::string> keys;
  for (const auto field : object) keys.emplace(field.key);
  return keys;
}

// What simdjson's own parser says of the line. It refuses two things that are grammatical: numbers
// beyond 64 bits and surrogates without their partner.
bool agrees_on_json(const Record& record) {
  static simdjson::dom::parser parser;
  simdjson::dom::element document;
  const auto error = parser.parse(simdjson::padded_string(record.raw())).get(document);
  if (error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR) return true;
  return (!error && document.is_object()) == (record.shape() == Shape::kJson);
}

bool has_twins(const std::multiset<std::string>& keys) {
  for (const std::string& key : keys)
    if (keys.count(key) > 1) return true;
  return false;
}

TEST(LineWriterProperty, any_bytes_become_one_valid_object_a_line) {
  const char* const given = std::getenv("SAWLOG_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261121;
  SCOPED_TRACE("SAWLOG_SEED=" + std::to_string(seed));
  Random random(seed);
  RecordReader reader({"http.route", "error.message", "status"}, Purpose::kShipping);
  LineWriter canonical({.elastic_trace_keys = true, .host_name = "web-1"});
  LineWriter as_is({.canonical_keys = false});
  size_t json_count = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    const size_t line_count = 1 + random() % 8;
    for (size_t i = 0; i < line_count; ++i) text.append(mutated(random)) += '\n';
    test::TextChunk chunk(text, random() % 8 == 0 ? 40 : 1u << 20);
    chunk.source.labels = {{"env", "prod"}, {"service.name", "s"}, {"labels.a_2", "x"}};
    reader.start(chunk.chunk);
    size_t records = 0;
    while (const Record* record = reader.next()) {
      ++records;
      EXPECT_TRUE(record->line().is_cut() || agrees_on_json(*record)) << record->raw();
      json_count += record->shape() == Shape::kJson ? 1 : 0;
      const auto before = record->shape() == Shape::kJson ? top_keys(record->raw()) : std::nullopt;
      std::string out;
      canonical.append(chunk.chunk, *record, out);
      const auto keys = top_keys(out);
      ASSERT_TRUE(keys) << record->raw() << "\n→ " << out;
      EXPECT_FALSE(has_twins(*keys)) << record->raw() << "\n→ " << out;
      EXPECT_EQ(out.find('\n'), std::string::npos);
      out.clear();
      as_is.append(chunk.chunk, *record, out);
      const auto kept = top_keys(out);
      ASSERT_TRUE(kept) << record->raw() << "\n→ " << out;
      EXPECT_TRUE(!before || has_twins(*before) || !has_twins(*kept)) << out;
    }
    ASSERT_EQ(records, chunk.chunk.lines.size());
    if (HasFailure()) return;
  }
  EXPECT_GT(json_count, 1000u);  // else the mutations are too wild to test much
}

// A reader must see the same in a line whatever its neighbours are.
TEST(LineWriterProperty, neighbours_change_nothing) {
  Random random(7);
  RecordReader together({"http.route", "a"}, Purpose::kShipping);
  LineWriter writer({.host_name = "web-1"});
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (int i = 0; i < 6; ++i) text.append(mutated(random)) += '\n';
    test::TextChunk chunk(text);
    together.start(chunk.chunk);
    while (const Record* record = together.next()) {
      std::string out;
      writer.append(chunk.chunk, *record, out);
      const bool begins_file = record->line().begin <= 3;
      test::TextChunk alone(std::string(begins_file ? 0 : 1, '\n').append(record->raw()));
      RecordReader single({"http.route", "a"}, Purpose::kShipping);
      single.start(alone.chunk);
      const Record* same = single.next();
      std::string want;
      writer.append(alone.chunk, *same, want);
      ASSERT_EQ(out, want) << testing::PrintToString(text);
      ASSERT_EQ((*record)[0].text, (*same)[0].text);
      ASSERT_EQ((*record)[1].has_number(), (*same)[1].has_number());
    }
  }
}

const std::vector<std::vector<std::string>> kShapes = {
    {"timestamp", "level", "message", "service", "trace_id", "status", "duration_ms"},
    {"ts", "level", "msg", "error", "n"},
    {"@timestamp", "log.level", "message", "time", "span_id", "trace_id"},
    {"event", "host", "exc_info", "traceparent", "ok", "asctime"},
    {"a", "b"},
    {"level", "event_type", "name", "duration", "path"},
    {"level", "severity", "msg", "message", "trace", "trace_id", "log.file.path"},
};

const std::vector<std::string> kValues = {
    R"("2026-11-21T07:06:55.123456Z")",
    R"("2026-11-21 07:06:55,123")",
    "1795244815",
    "1795244815.5",
    "1795244815123",
    R"("soon")",
    R"("INFO")",
    R"("warn")",
    R"("loud")",
    "30",
    "99",
    "true",
    "false",
    "null",
    R"("")",
    R"("/api/v1/cart")",
    "0",
    "-0",
    "12.345",
    "1e3",
    "123456789012345678901",
    R"("12.5")",
    R"("1.5s")",
    R"("0af7651916cd43dd8448eb211c80319c")",
    "\"\xE2\x82\xAC\"",
    R"("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")",
    R"("a\"b")",
    "[1]",
    "{}",
    "tru",
    "01"};

// Lines that share their shapes, read by a reader that knows them, become what they become to one
// that has never seen any.
TEST(LineWriterProperty, known_shapes_change_nothing) {
  const std::vector<std::string> names = {"log.level",     "message",          "event.duration",
                                          "error.message", "log.logger",       "trace_id",
                                          "http.route",    "error.stack_trace"};
  Random random(3);
  LineWriter knowing({.elastic_trace_keys = true, .host_name = "web-1"});
  RecordReader together(names, Purpose::kShipping);
  for (int round = 0; round < 150; ++round) {
    const auto& first = kShapes[random() % kShapes.size()];
    const auto& second = kShapes[random() % kShapes.size()];
    // Values of few kinds, so that shapes come again; with now and then another one.
    std::vector<size_t> usual;
    for (size_t i = 0; i < 8; ++i) usual.push_back(random() % kValues.size());
    std::string text;
    for (int i = 0; i < 40; ++i) {
      text += '{';
      const auto& keys = random() % 4 == 0 ? second : first;
      for (size_t k = 0; k < keys.size(); ++k) {
        const size_t value = random() % 12 == 0 ? random() % kValues.size() : usual[k];
        text.append(k == 0 ? "\"" : ",\"").append(keys[k]).append("\":").append(kValues[value]);
      }
      text += random() % 16 == 0 ? " }\n" : "}\n";
    }
    test::TextChunk chunk(text);
    chunk.source.labels = {{"env", "prod"}, {"host.name", "x"}};
    together.start(chunk.chunk);
    while (const Record* record = together.next()) {
      std::string out;
      knowing.append(chunk.chunk, *record, out);
      test::TextChunk alone(record->raw());
      alone.source.labels = chunk.source.labels;
      RecordReader fresh(names, Purpose::kShipping);
      LineWriter fresh_writer({.elastic_trace_keys = true, .host_name = "web-1"});
      fresh.start(alone.chunk);
      const Record* same = fresh.next();
      std::string want;
      fresh_writer.append(alone.chunk, *same, want);
      ASSERT_EQ(out, want) << record->raw();
      ASSERT_EQ(record->level(), same->level()) << record->raw();
      ASSERT_EQ(record->own_time_unix_ns(), same->own_time_unix_ns()) << record->raw();
      ASSERT_EQ(record->time_is_unreadable(), same->time_is_unreadable()) << record->raw();
      for (FieldIndex i = 0; i < names.size(); ++i) {
        ASSERT_EQ((*record)[i].kind, (*same)[i].kind) << record->raw() << names[i];
        ASSERT_EQ((*record)[i].text, (*same)[i].text) << record->raw() << names[i];
        ASSERT_EQ((*record)[i].has_number(), (*same)[i].has_number()) << record->raw() << names[i];
        if ((*record)[i].has_number()) {
          ASSERT_EQ((*record)[i].number, (*same)[i].number) << record->raw() << names[i];
        }
        ASSERT_EQ((*record)[i].integer, (*same)[i].integer) << record->raw() << names[i];
      }
    }
  }
}

}  // namespace
}  // namespace sawlog::parsers
