#include "outputs/http_sender.h"

#include <gtest/gtest.h>

#include "outputs/elasticsearch_answer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_transport.h"
#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {
namespace {

using tests::FakeTransport;

constexpr int64_t kSecond = base::kNsPerSecond;

// A sender whose frames are "LINE;" and whose server answers as Elasticsearch does.
class HttpSenderTest : public testing::Test {
 protected:
  void make(BatchOptions batch = {.bytes_max = 10, .in_flight_max = 2},
            std::vector<std::string> hosts = {"http://a"}, RetryOptions retry = {}) {
    auto transport = std::make_unique<FakeTransport>();
    server_ = transport.get();
    auto dead_letters = DeadLetters::open(
        filesystem_, clock_,
        {.path = "/state/dead/search", .bytes_max = dead_bytes_max_, .output_name = "search"});
    ASSERT_TRUE(dead_letters) << dead_letters.error().message;
    sender_ = std::make_unique<HttpSender>(
        HttpSenderOptions{std::move(hosts), batch, retry, 1},
        HttpDestination{.fill =
                            [this](Batch& lines, HttpRequest& request) {
                              if (lends_) {
                                request.body = lines.lend_bytes();
                              } else {
                                request.body = lines.bytes();
                              }
                            },
                        .judge =
                            [](const HttpResponse& response, const Batch& lines) {
                              return judge_bulk_answer(response, lines.line_count());
                            }},
        std::move(transport), std::move(*dead_letters), clock_);
  }

  // One chunk of these lines.
  void give(const std::vector<std::string>& lines) {
    const uint64_t begin = offset_;
    for (const std::string& line : lines) offset_ += line.size() + 1;
    BatchBuilder& builder = sender_->builder();
    builder.begin_chunk(Delivery(&sink_, {{}, begin, offset_, lines.size()}), "/app.log",
                        clock_.monotonic_ns());
    uint64_t at = begin;
    for (const std::string& line : lines) {
      builder.bytes() += line + ";";
      builder.end_line({.payload_size = static_cast<uint32_t>(line.size()), .offset = at});
      at += line.size() + 1;
    }
    builder.end_chunk();
  }

  void flush() {
    sender_->drain();
    sender_->step();
  }

  // The bodies that wait for an answer.
  std::vector<std::string> bodies() const {
    std::vector<std::string> texts;
    for (const auto& waiting : server_->waiting()) texts.push_back(waiting.request.body);
    return texts;
  }

  void answer_all_created() {
    const auto lines = std::count(server_->waiting()[0].request.body.begin(),
                                  server_->waiting()[0].request.body.end(), ';');
    std::string items;
    for (int line = 0; line < lines; ++line) items += R"(,{"create":{"status":201}})";
    server_->answer(200, R"({"errors":false,"items":[)" + items.substr(1) + "]}");
    sender_->step();
  }

  // Item by item: a status, or a status with an error type.
  void answer_items(const std::vector<std::pair<int, std::string>>& items) {
    std::string text;
    for (const auto& [status, type] : items) {
      text += R"(,{"create":{"status":)" + std::to_string(status);
      if (!type.empty()) text += R"(,"error":{"type":")" + type + R"(","reason":"because"})";
      text += "}}";
    }
    server_->answer(200, R"({"errors":true,"items":[)" + text.substr(1) + "]}");
    sender_->step();
  }

  void wait_and_step(int64_t seconds = 60) {
    clock_.advance_seconds(seconds);
    sender_->step();
  }

  std::string dead_letters_text() const { return filesystem_.content("/state/dead/search"); }

  using Texts = std::vector<std::string>;
  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  SettledLines sink_;
  uint64_t dead_bytes_max_ = 1u << 20;
  uint64_t offset_ = 0;
  bool lends_ = false;
  FakeTransport* server_ = nullptr;
  std::unique_ptr<HttpSender> sender_;
};

TEST_F(HttpSenderTest, SendsWhatIsFullAtOnceAndTheRestByAge) {
  make();
  give({"one", "two", "three", "four"});
  sender_->step();
  EXPECT_EQ(bodies(), Texts({"one;two;three;"}));
  clock_.advance_ns(kSecond - 1);
  EXPECT_EQ(sender_->step().at_monotonic_ns, clock_.monotonic_ns() + 1);
  clock_.advance_ns(1);
  sender_->step();
  EXPECT_EQ(bodies(), Texts({"one;two;three;", "four;"}));
}

TEST_F(HttpSenderTest, SettlesAChunkWithTheLastOfItsBatches) {
  make();
  give({"one", "two", "three", "four"});
  flush();
  answer_all_created();
  EXPECT_EQ(sink_.lines, 0);
  answer_all_created();
  EXPECT_EQ(sink_.lines, 4);
  EXPECT_EQ(sink_.delivered, 4);
  EXPECT_EQ(sender_->health().state, Health::State::kUp);
}

TEST_F(HttpSenderTest, DrainDoesNotWaitForAge) {
  make();
  give({"one"});
  sender_->step();
  EXPECT_TRUE(bodies().empty());
  flush();
  EXPECT_EQ(bodies(), Texts({"one;"}));
}

TEST_F(HttpSenderTest, StopsReadingWhenFull) {
  make({.bytes_max = 4, .in_flight_max = 2});
  for (const char* const line : {"one", "two", "six"}) {
    EXPECT_TRUE(sender_->wants_more());
    give({line});
    sender_->step();
  }
  EXPECT_FALSE(sender_->wants_more());
  EXPECT_EQ(bodies(), Texts({"one;", "two;"}));
  answer_all_created();
  EXPECT_TRUE(sender_->wants_more());
  EXPECT_EQ(bodies(), Texts({"two;", "six;"}));
}

TEST_F(HttpSenderTest, KeepsItsMemoryLimit) {
  make({.bytes_max = 1000, .in_flight_max = 50, .memory_bytes_max = 1'200'000});
  int chunks = 0;
  for (; sender_->wants_more() && chunks < 1000; ++chunks) {
    give(Texts(10, std::string(10'000, 'x')));
    sender_->step();
    EXPECT_LE(sender_->memory_bytes(), 1'200'000);
  }
  EXPECT_GT(chunks, 0);
  EXPECT_LT(chunks, 20);
}

TEST_F(HttpSenderTest, BusyLinesAreSentAgainAlone) {
  make();
  give({"one", "two", "three"});
  flush();
  answer_items({{201, ""}, {429, "es_rejected_execution_exception"}, {201, ""}});
  EXPECT_TRUE(bodies().empty());  // backs off
  EXPECT_EQ(sink_.lines, 0);
  wait_and_step();
  EXPECT_EQ(bodies(), Texts({"two;"}));
  answer_all_created();
  EXPECT_EQ(sink_.delivered, 3);
  EXPECT_EQ(sender_->counters().retries, 1);
}

TEST_F(HttpSenderTest, APoisonedLineHoldsUpAndRepeatsNobody) {
  make({.bytes_max = 1000, .in_flight_max = 2});
  give({"good", "bad"});
  give({"fine"});
  flush();
  answer_items({{201, ""}, {400, "document_parsing_exception"}, {201, ""}});
  EXPECT_EQ(sink_.deliveries, 2);
  EXPECT_EQ(sink_.delivered, 2);
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_EQ(server_->request_count(), 1);
  EXPECT_EQ(sender_->health().state, Health::State::kUp);
  const std::string text = dead_letters_text();
  EXPECT_NE(text.find(R"("reason.type":"document_parsing_exception")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("reason.message":"because")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("log.file.path":"/app.log","log.offset":5)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("line":"bad")"), std::string::npos) << text;
  EXPECT_EQ(sender_->dead_letters()[0].lines, 1);
}

TEST_F(HttpSenderTest, AnOperatorsFaultPausesAndKeepsTheLines) {
  make();
  give({"one", "two"});
  flush();
  answer_items({{201, ""}, {403, "cluster_block_exception"}});
  EXPECT_EQ(sender_->health().state, Health::State::kPaused);
  EXPECT_EQ(sender_->health().reason,
            "'http://a' refused 1 of 2 lines: cluster_block_exception: because");
  for (int round = 0; round < 20; ++round) {
    wait_and_step();
    ASSERT_EQ(bodies(), Texts({"two;"}));
    answer_items({{403, "cluster_block_exception"}});
    EXPECT_EQ(sink_.lines, 0);
    EXPECT_EQ(sender_->health().state, Health::State::kPaused);
  }
  wait_and_step();
  answer_all_created();
  EXPECT_EQ(sink_.delivered, 2);
  EXPECT_EQ(sender_->health().state, Health::State::kUp);
}

TEST_F(HttpSenderTest, WrongPasswordPauses) {
  make();
  give({"one"});
  flush();
  server_->answer(401, "unable to authenticate user");
  sender_->step();
  EXPECT_EQ(sender_->health().state, Health::State::kPaused);
  EXPECT_EQ(sender_->health().reason, "'http://a' answered: 401: unable to authenticate user");
  wait_and_step();
  EXPECT_EQ(bodies(), Texts({"one;"}));
}

TEST_F(HttpSenderTest, ObeysRetryAfter) {
  make();
  give({"one"});
  flush();
  server_->answer(429, "", "120");
  sender_->step();
  wait_and_step(119);
  EXPECT_TRUE(bodies().empty());
  EXPECT_EQ(sender_->health().state, Health::State::kUnreachable);
  wait_and_step(1);
  EXPECT_EQ(bodies(), Texts({"one;"}));
}

TEST_F(HttpSenderTest, StartsSlowlyAfterAFailure) {
  make({.bytes_max = 2, .in_flight_max = 4});
  for (const char* const line : {"a", "b", "c", "d", "e"}) give({line});
  sender_->step();
  ASSERT_EQ(bodies().size(), 4);
  for (int request = 0; request < 4; ++request) server_->fail("connection refused");
  sender_->step();
  EXPECT_TRUE(bodies().empty());
  wait_and_step();
  EXPECT_EQ(bodies().size(), 1);
  answer_all_created();
  EXPECT_EQ(bodies().size(), 2);
  answer_all_created();
  EXPECT_EQ(bodies().size(), 3);  // of four that are allowed there are no more
}

TEST_F(HttpSenderTest, ACutConnectionMeansSendAgain) {
  lends_ = true;
  make();
  give({"one", "two"});
  flush();
  server_->fail("connection reset by peer");
  sender_->step();
  EXPECT_EQ(sender_->health().state, Health::State::kUnreachable);
  EXPECT_EQ(sender_->health().reason, "cannot reach 'http://a': connection reset by peer");
  wait_and_step();
  EXPECT_EQ(bodies(), Texts({"one;two;"}));
  answer_items({{409, "version_conflict_engine_exception"}, {201, ""}});
  EXPECT_EQ(sink_.delivered, 2);
  EXPECT_EQ(sender_->counters().already_there, 1);
}

TEST_F(HttpSenderTest, ARefusedCertificateIsTheOperators) {
  make();
  give({"one"});
  flush();
  server_->fail("self-signed certificate", /*is_operators_fault=*/true);
  sender_->step();
  EXPECT_EQ(sender_->health().state, Health::State::kPaused);
}

TEST_F(HttpSenderTest, AnotherHostTakesOverAtOnce) {
  make({.bytes_max = 2, .in_flight_max = 1}, {"http://a", "http://b"});
  give({"x"});
  sender_->step();
  EXPECT_EQ(server_->waiting()[0].request.url, "http://a");
  server_->answer(503);
  sender_->step();
  ASSERT_EQ(server_->waiting().size(), 1);
  EXPECT_EQ(server_->waiting()[0].request.url, "http://b");
  EXPECT_EQ(sender_->health().state, Health::State::kUp);
  answer_all_created();
  give({"y"});
  sender_->step();
  EXPECT_EQ(server_->waiting()[0].request.url, "http://b");  // a is set aside
  answer_all_created();
  clock_.advance_seconds(60);
  std::string urls;
  for (int request = 0; request < 2; ++request) {
    give({"z"});
    sender_->step();
    urls += server_->waiting()[0].request.url;
    answer_all_created();
  }
  EXPECT_NE(urls.find("http://a"), std::string::npos);  // tried again
}

TEST_F(HttpSenderTest, TooLargeIsHalvedAndRemembered) {
  make({.bytes_max = 400'000, .in_flight_max = 1});
  const std::string long_line(99'999, 'x');
  give({long_line, long_line, long_line, long_line});
  flush();
  ASSERT_EQ(bodies()[0].size(), 400'000);
  server_->answer(413);
  sender_->step();
  ASSERT_EQ(bodies()[0].size(), 200'000);
  answer_all_created();
  ASSERT_EQ(bodies()[0].size(), 200'000);
  answer_all_created();
  EXPECT_EQ(sink_.delivered, 4);
  give({long_line, long_line, long_line, long_line});
  flush();
  EXPECT_EQ(bodies()[0].size(), 200'000);
}

TEST_F(HttpSenderTest, ALineThatIsTooLargeAloneIsSetAside) {
  make({.bytes_max = 1000, .in_flight_max = 1});
  give({"one", "large", "two"});
  flush();
  for (const char* const too_large : {"one;large;two;", "one;large;"}) {
    ASSERT_EQ(bodies(), Texts({too_large}));
    server_->answer(413);
    sender_->step();
  }
  EXPECT_EQ(bodies(), Texts({"one;"}));
  answer_all_created();
  EXPECT_EQ(bodies(), Texts({"large;"}));
  server_->answer(413);
  sender_->step();
  EXPECT_EQ(bodies(), Texts({"two;"}));
  answer_all_created();
  EXPECT_EQ(sink_.delivered, 2);
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_NE(dead_letters_text().find(R"("reason.type":"too_large")"), std::string::npos);
}

TEST_F(HttpSenderTest, WaitsWhileDeadLettersCannotBeWritten) {
  make({.bytes_max = 1000, .in_flight_max = 2});
  give({"bad"});
  flush();
  filesystem_.set_fault([](std::string_view call, const std::string&) -> std::optional<int> {
    if (call == "append") return 28;  // ENOSPC
    return std::nullopt;
  });
  answer_items({{400, "document_parsing_exception"}});
  sender_->step();
  EXPECT_EQ(sender_->health().state, Health::State::kPaused);
  EXPECT_EQ(sink_.lines, 0);
  EXPECT_FALSE(sender_->wants_more());
  give({"good"});
  flush();
  EXPECT_TRUE(bodies().empty());
  filesystem_.set_fault(nullptr);
  wait_and_step();
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_EQ(bodies(), Texts({"good;"}));
  EXPECT_EQ(sender_->health().state, Health::State::kUp);
}

TEST_F(HttpSenderTest, ALimitOfAttemptsEndsInTheDeadLetters) {
  make({.bytes_max = 1000, .in_flight_max = 1}, {"http://a"}, {.attempts_max = 3});
  give({"one"});
  flush();
  for (int attempt = 0; attempt < 3; ++attempt) {
    ASSERT_EQ(bodies(), Texts({"one;"}));
    server_->answer(503);
    sender_->step();
    wait_and_step();
  }
  EXPECT_EQ(sink_.dead_lettered, 1);
  EXPECT_NE(dead_letters_text().find("attempts_exhausted"), std::string::npos);
}

TEST_F(HttpSenderTest, RetriesWithoutEndByDefault) {
  make();
  give({"one"});
  flush();
  for (int attempt = 0; attempt < 200; ++attempt) {
    ASSERT_EQ(bodies(), Texts({"one;"}));
    server_->answer(503);
    sender_->step();
    wait_and_step(31);
  }
  EXPECT_EQ(sink_.lines, 0);
  answer_all_created();
  EXPECT_EQ(sink_.delivered, 1);
}

TEST_F(HttpSenderTest, WhatIsOpenAtTheEndIsUnknown) {
  make();
  give({"one", "two", "three"});
  give({"four"});
  flush();
  answer_items({{201, ""}, {201, ""}, {503, "unavailable_shards_exception"}});
  sender_.reset();
  EXPECT_EQ(sink_.lines, 0);
  EXPECT_EQ(sink_.unknown_lines, 4);
}

TEST_F(HttpSenderTest, SaysWhenToComeBack) {
  make();
  EXPECT_EQ(sender_->step().at_monotonic_ns, INT64_MAX);
  give({"one"});
  EXPECT_EQ(sender_->step().at_monotonic_ns, clock_.monotonic_ns() + kSecond);
  flush();
  EXPECT_EQ(sender_->step().at_monotonic_ns, INT64_MAX);  // the server's turn
  server_->answer(429, "", "7");
  const Wake wake = sender_->step();
  EXPECT_EQ(wake.at_monotonic_ns, clock_.monotonic_ns() + 7 * kSecond);
  EXPECT_FALSE(wake.has_work);
}

}  // namespace
}  // namespace sawlog::outputs
