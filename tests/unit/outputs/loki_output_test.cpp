#include "outputs/loki_output.h"

#include <set>

#include <gtest/gtest.h>
#include <protozero/pbf_reader.hpp>
#include <snappy.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_transport.h"
#include "tests/support/golden.h"
#include "tests/support/text_chunk.h"
#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kLines =
    R"({"@timestamp":"2026-11-21T07:06:55.123456Z","log.level":"info","message":"one","service.name":"checkout"})"
    "\n"
    R"({"@timestamp":"2026-11-21T07:06:56.000000Z","log.level":"error","message":"two","service.name":"checkout","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","error.type":"Timeout"})"
    "\n"
    R"({"@timestamp":"2026-11-21T07:06:57.000000Z","log.level":"info","message":"three","service.name":"checkout"})"
    "\n"
    "not JSON\n"
    R"({"@timestamp":"2026-11-21T07:06:58Z","message":"quoted","service.name":"a \"b\" \\ c\n\u0001d"})"
    "\n";

struct Entry {
  int64_t time_unix_ns = 0;
  std::string labels;
  std::string line;
  std::vector<std::string> metadata;  // "name=value"
};

std::string read_pair(protozero::pbf_reader message) {
  std::string text;
  while (message.next()) {
    if (message.tag() == 2) text += "=";
    text += message.get_string();
  }
  return text;
}

int64_t read_time(protozero::pbf_reader message) {
  int64_t time = 0;
  while (message.next()) {
    const int64_t value = message.get_int64();
    time += message.tag() == 1 ? value * base::kNsPerSecond : value;
  }
  return time;
}

Entry read_entry(protozero::pbf_reader message) {
  Entry entry;
  while (message.next()) {
    if (message.tag() == 1) {
      entry.time_unix_ns = read_time(message.get_message());
    } else if (message.tag() == 2) {
      entry.line = message.get_string();
    } else {
      entry.metadata.push_back(read_pair(message.get_message()));
    }
  }
  return entry;
}

// By an independent protobuf reader; in the order of the request.
std::vector<Entry> read_request(const std::string& body) {
  std::string bytes;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &bytes));
  std::vector<Entry> entries;
  protozero::pbf_reader request(bytes);
  while (request.next(1)) {
    protozero::pbf_reader stream = request.get_message();
    std::string labels;
    while (stream.next()) {
      if (stream.tag() == 1) {
        labels = stream.get_string();
        continue;
      }
      entries.push_back(read_entry(stream.get_message()));
      entries.back().labels = labels;
    }
  }
  return entries;
}

std::string describe(const std::vector<Entry>& entries) {
  std::string text;
  std::string labels;
  for (const Entry& entry : entries) {
    if (entry.labels != labels) text += entry.labels + "\n";
    labels = entry.labels;
    text += "  " + std::to_string(entry.time_unix_ns) + " " + entry.line + "\n";
    for (const std::string& pair : entry.metadata) text += "    " + pair + "\n";
  }
  return text;
}

class LokiOutputTest : public testing::Test {
 protected:
  void make(LokiOptions options) {
    auto transport = std::make_unique<tests::FakeTransport>();
    server_ = transport.get();
    auto dead_letters =
        DeadLetters::open(filesystem_, clock_, {.path = "/state/dead/loki", .output_name = "loki"});
    ASSERT_TRUE(dead_letters);
    options.url = "http://loki:3100/";
    options.host_name = "web-1";
    output_ = std::make_unique<LokiOutput>(std::move(options), std::move(transport),
                                           std::move(*dead_letters), clock_);
  }

  using Labels = std::vector<std::pair<std::string, std::string>>;
  void give(std::string_view text, Labels labels = {}) {
    test::TextChunk lines(text);
    lines.source.labels = std::move(labels);
    (void)output_->handle(lines.chunk, Delivery(&sink_, {lines.chunk.file, 0, text.size(),
                                                         lines.chunk.lines.size()}));
    output_->drain();
    if (output_->wants_save()) save();
    output_->step();
  }
  // As the consumer does.
  void save() {
    states_.push_back(output_->save_state(SaveKind::kDelta));
    output_->saved();
  }

  std::vector<Entry> sent() const { return read_request(server_->waiting().at(0).request.body); }
  std::vector<Entry> all_sent() const {
    std::vector<Entry> entries;
    for (const auto& waiting : server_->waiting()) {
      for (Entry& entry : read_request(waiting.request.body)) entries.push_back(std::move(entry));
    }
    return entries;
  }

  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  SettledLines sink_;
  tests::FakeTransport* server_ = nullptr;
  std::unique_ptr<LokiOutput> output_;
  std::vector<std::string> states_;
};

TEST_F(LokiOutputTest, PushesStreamsWithMetadata) {
  make({.tenant = "team-a"});
  give(kLines, {{"env", "prod"}});
  const HttpRequest& request = server_->waiting().at(0).request;
  EXPECT_EQ(request.url, "http://loki:3100/loki/api/v1/push");
  EXPECT_EQ(request.headers, (std::vector<std::string>{"Content-Type: application/x-protobuf",
                                                       "X-Scope-OrgID: team-a"}));
  const std::string text = describe(all_sent());
  EXPECT_EQ(text, tests::golden("outputs/loki_push.txt", text));
}

TEST_F(LokiOutputTest, EqualLinesOfTwoPlacesStayTwo) {
  make({});
  give("same\nsame\n");
  const auto entries = sent();
  ASSERT_EQ(entries.size(), 2);
  EXPECT_EQ(entries[0].line, entries[1].line);
  EXPECT_EQ(entries[0].time_unix_ns, entries[1].time_unix_ns);
  EXPECT_NE(entries[0].metadata, entries[1].metadata);
}

TEST_F(LokiOutputTest, ARepeatIsTheSameInEveryByte) {
  make({});
  give(kLines);
  const std::string first = describe(all_sent());
  make({});
  give(kLines);
  EXPECT_EQ(describe(all_sent()), first);
}

TEST_F(LokiOutputTest, ARecordWithoutLabelsHasAStream) {
  make({.labels = {"service.name"}});
  give("{\"message\":1}\n");
  EXPECT_EQ(sent().at(0).labels, R"({service_name="unknown_service"})");
}

// Of a request with several streams Loki reports only what became of the last.
TEST_F(LokiOutputTest, ARequestHoldsOneStream) {
  make({});
  give(kLines);
  ASSERT_EQ(server_->waiting().size(), 4);
  for (const auto& waiting : server_->waiting()) {
    std::set<std::string> streams;
    for (const Entry& entry : read_request(waiting.request.body)) streams.insert(entry.labels);
    EXPECT_EQ(streams.size(), 1);
  }
  for (int request = 0; request < 4; ++request) server_->answer(204);
  output_->step();
  EXPECT_EQ(sink_.delivered, 5);
}

TEST_F(LokiOutputTest, AStreamHasOneRequestInFlight) {
  make({.batch = {.bytes_max = 100, .in_flight_max = 4}});
  give("one\ntwo\nthree\n{\"level\":\"error\"}\n");
  ASSERT_EQ(server_->waiting().size(), 2);
  EXPECT_NE(all_sent()[0].line.find("one"), std::string::npos);
  EXPECT_NE(all_sent()[1].line.find("error"), std::string::npos);
  server_->answer(503);
  output_->step();
  clock_.advance_seconds(60);
  server_->answer(204);
  output_->step();
  std::string order;
  while (!server_->waiting().empty()) {
    ASSERT_EQ(server_->waiting().size(), 1);
    order += sent()[0].line.substr(sent()[0].line.find("message"));
    server_->answer(204);
    output_->step();
  }
  EXPECT_EQ(order, "message\":\"one\"}message\":\"two\"}message\":\"three\"}");
}

TEST_F(LokiOutputTest, AStreamIsUsedWhenItIsSavedThatItIs) {
  make({});
  test::TextChunk lines("one\n");
  (void)output_->handle(lines.chunk, Delivery(&sink_, {lines.chunk.file, 0, 4, 1}));
  output_->drain();
  output_->step();
  EXPECT_TRUE(output_->wants_save());
  EXPECT_EQ(server_->request_count(), 0);
  save();
  output_->step();
  EXPECT_EQ(server_->request_count(), 1);
}

// Above Loki's limit of streams one that is new waits, and the others go on.
TEST_F(LokiOutputTest, AStreamThatIsRefusedGetsItsTurnBehindTheOthers) {
  make({.labels = {"service.name"}, .metadata = {}, .batch = {.in_flight_max = 1}});
  give("{\"service.name\":\"a\"}\n{\"service.name\":\"b\"}\n");
  give("{\"service.name\":\"a\"}\n");
  std::string order;
  for (int round = 0; round < 4; ++round) {
    ASSERT_EQ(server_->waiting().size(), 1);
    const std::string labels = sent()[0].labels;
    order += labels;
    const bool is_a = labels == R"({service_name="a"})";
    server_->answer(is_a ? 429 : 204, is_a ? "maximum active stream limit exceeded" : "");
    output_->step();
    clock_.advance_seconds(60);
    output_->step();
  }
  EXPECT_EQ(order, R"({service_name="a"}{service_name="b"}{service_name="a"}{service_name="a"})");
  EXPECT_EQ(sink_.delivered, 0) << "a chunk with lines of both is not done";
}

TEST_F(LokiOutputTest, LinesBehindThoseOfARefusedStreamGetTheirTurn) {
  make({.labels = {"service.name"}, .metadata = {}, .batch = {.in_flight_max = 1}});
  give("{\"service.name\":\"a\"}\n");
  server_->answer(429, "maximum active stream limit exceeded");
  output_->step();
  give("{\"service.name\":\"a\"}\n{\"service.name\":\"b\"}\n");
  clock_.advance_seconds(60);
  output_->step();
  EXPECT_EQ(sent()[0].labels, R"({service_name="a"})");
  server_->answer(429, "maximum active stream limit exceeded");
  output_->step();
  clock_.advance_seconds(60);
  output_->step();
  EXPECT_EQ(sent()[0].labels, R"({service_name="b"})");
}

constexpr std::string_view kManyServices = R"({"service.name":"a","level":"info","message":1})"
                                           "\n"
                                           R"({"service.name":"b","level":"info","message":2})"
                                           "\n"
                                           R"({"service.name":"c","level":"warn","message":3})"
                                           "\n"
                                           R"({"service.name":"a","level":"info","message":4})"
                                           "\n";

TEST_F(LokiOutputTest, LabelSetsBeyondTheLimitShareAStream) {
  make({.labels = {"service.name", "log.level"}, .metadata = {}, .streams_max = 2});
  give(kManyServices);
  std::set<std::string> streams;
  for (const Entry& entry : all_sent()) {
    streams.insert(entry.labels);
    if (entry.labels != R"({service_name="__overflow__"})") continue;
    ASSERT_EQ(entry.metadata.size(), 3) << "the id, and what would have been labels";
    EXPECT_EQ(entry.metadata[1], "label_level=warn");
    EXPECT_EQ(entry.metadata[2], "label_service_name=c");
  }
  EXPECT_EQ(streams, (std::set<std::string>{R"({level="info",service_name="a"})",
                                            R"({level="info",service_name="b"})",
                                            R"({service_name="__overflow__"})"}));
  EXPECT_EQ(output_->counters().overflow_lines, 1);
  const auto notices = output_->take_notices();
  ASSERT_EQ(notices.size(), 1);
  EXPECT_NE(notices[0].find(R"(the first is {level="warn",service_name="c"})"), std::string::npos);
}

// A line that comes again after a crash must come in the same stream.
TEST_F(LokiOutputTest, TheSameLabelSetsHaveStreamsAfterACrash) {
  make({.labels = {"service.name"}, .streams_max = 1});
  give(R"({"service.name":"b"})"
       "\n");
  make({.labels = {"service.name"}, .streams_max = 1});
  ASSERT_TRUE(output_->restore(states_));
  give(R"({"service.name":"a"})"
       "\n");
  give(R"({"service.name":"b"})"
       "\n");
  std::set<std::string> streams;
  for (const Entry& entry : all_sent()) streams.insert(entry.labels);
  EXPECT_EQ(streams,
            (std::set<std::string>{R"({service_name="b"})", R"({service_name="__overflow__"})"}));
}

void check_name(std::string_view field, std::string_view label, std::string_view metadata) {
  EXPECT_EQ(loki_label_name(field), label);
  EXPECT_EQ(loki_metadata_name(field), metadata);
}

TEST(LokiLabels, NamesAreLokis) {
  check_name("service.name", "service_name", "service_name");
  check_name("log.level", "level", "log_level");
  check_name("env", "env", "env");
  check_name("http.route", "http_route", "http_route");
  check_name("a-b/c", "a_b_c", "a_b_c");
  check_name("9lives", "_9lives", "_9lives");
}

// A Loki that stores what it can of a request and names only one of the refused.
TEST_F(LokiOutputTest, OnlyTheRefusedEntriesGoToTheDeadLetters) {
  make({});
  std::string lines;
  std::set<std::string> want_stored;
  for (int line = 0; line < 200; ++line) {
    const bool is_bad = line % 37 == 5;
    lines += "{\"message\":\"" + std::string(is_bad ? "BAD " : "good ") + std::to_string(line) +
             "\",\"log.level\":\"" + (line % 2 == 0 ? "info" : "error") + "\"}\n";
    if (!is_bad) want_stored.insert(std::to_string(line));
  }
  give(lines);
  std::set<std::string> stored;
  while (!server_->waiting().empty()) {
    bool has_bad = false;
    for (const Entry& entry : sent()) {
      const size_t good = entry.line.find("good ");
      has_bad |= good == std::string::npos;
      if (good == std::string::npos) continue;
      const size_t number = good + 5;
      stored.insert(entry.line.substr(number, entry.line.find('"', number) - number));
    }
    server_->answer(has_bad ? 400 : 204,
                    has_bad ? "Max entry size '100' bytes exceeded for stream '{}'" : "");
    output_->step();
  }
  output_->step();
  EXPECT_EQ(stored, want_stored);
  EXPECT_EQ(sink_.delivered, 194);
  EXPECT_EQ(sink_.dead_lettered, 6);
  ASSERT_EQ(output_->dead_letters().size(), 1);
  EXPECT_EQ(output_->dead_letters()[0].reason, "line_too_long");
  EXPECT_LT(server_->request_count(), 200);
  EXPECT_EQ(output_->health().state, Health::State::kUp);
}

TEST_F(LokiOutputTest, ARequestAboveTheBurstIsSplitUntilItPasses) {
  make({});
  std::string lines;
  for (int line = 0; line < 64; ++line) lines += "line " + std::to_string(line) + "\n";
  give(lines);
  std::vector<std::string> stored;
  for (int round = 0; round < 100 && sink_.lines == 0; ++round) {
    if (server_->waiting().empty()) clock_.advance_seconds(60);
    output_->step();
    if (server_->waiting().empty()) continue;
    const auto entries = sent();
    if (entries.size() > 10) {
      server_->answer(429,
                      "ingestion rate limit exceeded for user x (limit: 10 bytes/sec) while "
                      "attempting to ingest '64' lines totaling '6400' bytes");
    } else {
      for (const Entry& entry : entries) stored.push_back(entry.line);
      server_->answer(204);
    }
    output_->step();
  }
  EXPECT_EQ(sink_.delivered, 64);
  EXPECT_EQ(stored.size(), 64);
  for (size_t line = 0; line < stored.size(); ++line) {  // in order
    EXPECT_NE(stored[line].find("line " + std::to_string(line) + "\""), std::string::npos);
  }
}

}  // namespace
}  // namespace sawlog::outputs
