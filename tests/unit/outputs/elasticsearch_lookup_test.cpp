// Exactly once over a rollover: an ElasticsearchOutput and a test that plays the server.
#include <gtest/gtest.h>

#include "outputs/elasticsearch_output.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_filesystem.h"
#include "tests/support/fake_transport.h"
#include "tests/support/text_chunk.h"
#include "tests/unit/outputs/settled_lines.h"

namespace sawlog::outputs {
namespace {

constexpr const char* kOld = ".ds-logs-app-2026.11.24-000007";
constexpr const char* kNew = ".ds-logs-app-2026.11.25-000008";
constexpr const char* kLine = R"({"@timestamp":"2026-11-21T07:06:55Z","message":"order placed"})";

class ElasticsearchLookupTest : public testing::Test {
 protected:
  void start(ElasticsearchOptions options = {}) {
    auto transport = std::make_unique<tests::FakeTransport>();
    server_ = transport.get();
    auto dead_letters = DeadLetters::open(filesystem_, clock_,
                                          {.path = "/state/dead/search", .output_name = "search"});
    ASSERT_TRUE(dead_letters);
    options.hosts = {"http://es"};
    if (options.index.empty()) options.data_stream = "logs-app";
    options.gzip = false;
    output_ = std::make_unique<ElasticsearchOutput>(std::move(options), std::move(transport),
                                                    std::move(*dead_letters), clock_);
    ASSERT_TRUE(output_->restore(states_));
  }

  // What the disk holds when the process ends now.
  void save() {
    states_ = {output_->save_state(SaveKind::kFull)};
    output_->saved();
  }

  void give(size_t count, bool may_have_been_sent = false) {
    std::string text;
    for (size_t line = 0; line < count; ++line) text.append(kLine).push_back('\n');
    test::TextChunk lines(text);
    lines.chunk.may_have_been_sent = may_have_been_sent;
    (void)output_->handle(lines.chunk, Delivery(&sink_, {lines.chunk.file, 0, text.size(), count}));
  }

  // Everything out, saved first where that is asked for.
  void flush() {
    clock_.advance_seconds(1);  // the batch is old enough
    if (output_->wants_save()) save();
    output_->step();
  }

  std::string next_request() const {
    if (server_->waiting().empty()) return "";
    const HttpRequest& request = server_->waiting()[0].request;
    return request.method + " " + request.url.substr(0, request.url.find('?')).substr(9);
  }

  void answer(int status, const std::string& body) {
    server_->answer(status, body);
    output_->step();
  }
  void answer_indices(const std::string& quoted) {
    answer(200,
           R"({"indices":[],"aliases":[],"data_streams":[{"backing_indices":[)" + quoted + "]}]}");
  }
  void answer_taken(const std::string& index, size_t count) {
    std::string items;
    for (size_t item = 0; item < count; ++item) {
      items += R"(,{"create":{"_index":")" + index + R"(","status":201}})";
    }
    answer(200, R"({"errors":false,"items":[)" + items.substr(1) + "]}");
  }

  // A process that has sent a line into the old index, and knows its rights.
  void start_in_old_index() {
    start();
    give(1);
    flush();
    answer_indices(quoted(kOld));
    answer(200, R"({"docs":[{"found":false}]})");
    answer_taken(kOld, 1);
    ASSERT_EQ(sink_.delivered, 1);
  }

  void cut_and_wait() {
    server_->fail("connection reset by peer");
    output_->step();
    clock_.advance_seconds(60);
    output_->step();
  }

  static std::string quoted(const std::string& name) { return '"' + name + '"'; }

  tests::FakeClock clock_;
  tests::FakeFilesystem filesystem_{clock_};
  SettledLines sink_;
  std::vector<std::string> states_;
  tests::FakeTransport* server_ = nullptr;
  std::unique_ptr<ElasticsearchOutput> output_;
};

TEST_F(ElasticsearchLookupTest, AfterACutConnectionOnlyWhatIsAbsentIsSent) {
  start_in_old_index();
  give(3);
  flush();
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  cut_and_wait();
  EXPECT_EQ(next_request(), "GET /_resolve/index/logs-app");
  answer_indices(quoted(kOld) + "," + quoted(kNew));  // rolled over meanwhile
  EXPECT_EQ(next_request(), std::string("POST /") + kNew + "/_mget");
  answer(200, R"({"docs":[{"found":false},{"found":false},{"found":false}]})");
  EXPECT_EQ(next_request(), std::string("POST /") + kOld + "/_mget");
  answer(200, R"({"docs":[{"found":true},{"found":false},{"found":true}]})");
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  EXPECT_EQ(sink_.deliveries, 1);  // the chunk settles as a whole
  answer_taken(kNew, 1);
  EXPECT_EQ(sink_.delivered, 4);
  EXPECT_EQ(output_->counters().already_there, 2);
  EXPECT_EQ(output_->health().state, Health::State::kUp);
}

TEST_F(ElasticsearchLookupTest, AfterACrashTheSavedIndexIsWhereTheSearchBegins) {
  start_in_old_index();
  save();
  start();
  give(2, /*may_have_been_sent=*/true);
  flush();
  EXPECT_EQ(next_request(), "GET /_resolve/index/logs-app");
  answer_indices(quoted(".ds-logs-app-2026.11.23-000006") + "," + quoted(kOld) + "," +
                 quoted(kNew));
  EXPECT_EQ(next_request(), std::string("POST /") + kNew + "/_mget");
  answer(200, R"({"docs":[{"found":false},{"found":false}]})");
  EXPECT_EQ(next_request(), std::string("POST /") + kOld + "/_mget");
  answer(200, R"({"docs":[{"found":true},{"found":true}]})");
  EXPECT_EQ(next_request(), "");
  EXPECT_EQ(sink_.delivered, 3);
}

TEST_F(ElasticsearchLookupTest, UntilAllRepeatsAreSavedTheSavedIndexStays) {
  start_in_old_index();
  save();
  start();
  give(1, /*may_have_been_sent=*/true);
  flush();
  answer_indices(quoted(kOld) + "," + quoted(kNew));
  answer(200, R"({"docs":[{"found":false}]})");
  answer(200, R"({"docs":[{"found":false}]})");
  answer_taken(kNew, 1);
  save();
  EXPECT_EQ(states_[0], std::string("o") + kOld);
  output_->past_repeats();
  save();
  EXPECT_EQ(states_[0], std::string("o") + kNew);
}

TEST_F(ElasticsearchLookupTest, LinesOnTheirWayKeepTheIndexTheyWereSentTo) {
  start_in_old_index();
  give(1);
  flush();
  give(1);
  flush();
  ASSERT_EQ(server_->waiting().size(), 2);
  server_->answer(200,
                  std::string(R"({"errors":false,"items":[{"create":{"_index":")") + kNew +
                      R"(","status":201}}]})",
                  "", 1);
  output_->step();
  save();
  EXPECT_EQ(states_[0], std::string("o") + kOld);
  answer_taken(kNew, 1);
  save();
  EXPECT_EQ(states_[0], std::string("o") + kNew);
}

TEST_F(ElasticsearchLookupTest, AnAnswerFromBeforeARolloverIsNoWayBack) {
  start_in_old_index();
  clock_.advance_seconds(2);
  give(1);
  flush();
  answer_taken(kNew, 1);
  give(1);
  flush();
  answer_taken(kOld, 1);
  save();
  EXPECT_EQ(states_[0], std::string("o") + kNew);
}

TEST_F(ElasticsearchLookupTest, ACleanEndLeavesNothingToLookFor) {
  start_in_old_index();
  output_->drain();
  EXPECT_TRUE(output_->wants_save());
  save();
  EXPECT_FALSE(output_->wants_save());
  EXPECT_EQ(states_[0], std::string("c") + kOld);
  start();
  give(1, /*may_have_been_sent=*/true);
  EXPECT_TRUE(output_->wants_save());
  output_->step();
  EXPECT_EQ(next_request(), "");  // nothing leaves before it is saved that something may
  flush();
  answer_indices(quoted(kOld) + "," + quoted(kNew));
  EXPECT_EQ(next_request(), std::string("POST /") + kNew + "/_mget");  // only for the rights
  answer(200, R"({"docs":[{"found":false}]})");
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  answer_taken(kNew, 1);
  give(1, /*may_have_been_sent=*/true);
  flush();
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
}

TEST_F(ElasticsearchLookupTest, ANewDataStreamIsNotLookedIn) {
  start();
  give(1);
  flush();
  answer(404, R"({"error":{"type":"index_not_found_exception"},"status":404})");
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  EXPECT_TRUE(output_->take_notices().empty());
}

TEST_F(ElasticsearchLookupTest, WithoutTheRightToReadItSaysSoOnceAndGoesOn) {
  start();
  give(1);
  flush();
  answer_indices(quoted(kOld));
  answer(403, R"({"error":{"type":"security_exception"},"status":403})");
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  const auto notices = output_->take_notices();
  ASSERT_EQ(notices.size(), 1);
  EXPECT_NE(notices[0].find("may be there twice"), std::string::npos) << notices[0];
  EXPECT_NE(notices[0].find("grant 'read'"), std::string::npos) << notices[0];
  answer_taken(kOld, 1);
  give(1);
  flush();
  cut_and_wait();
  answer(403, "{}");  // the indices either
  EXPECT_EQ(next_request(), std::string("POST /") + kOld + "/_mget");
  answer(200, R"({"docs":[{"error":{"type":"security_exception"}}]})");
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  EXPECT_TRUE(output_->take_notices().empty());
}

TEST_F(ElasticsearchLookupTest, AServerThatOnlyTakesBulkRequestsIsSentTo) {
  for (const int status : {200, 400, 405, 501}) {
    start();
    give(1);
    flush();
    answer(status, R"({"version":{"number":"1.0"}})");
    EXPECT_EQ(next_request(), "POST /logs-app/_bulk") << status;
    EXPECT_EQ(output_->take_notices().size(), 1) << status;
    answer_taken("logs", 1);
    give(1);
    flush();
    cut_and_wait();
    answer(status, R"({"version":{"number":"1.0"}})");
    EXPECT_EQ(next_request(), "POST /logs/_mget") << status;
    answer(status, R"({"version":{"number":"1.0"}})");
    EXPECT_EQ(next_request(), "POST /logs-app/_bulk") << status;
  }
}

TEST_F(ElasticsearchLookupTest, ADeletedIndexHoldsNothing) {
  start_in_old_index();
  give(1);
  flush();
  cut_and_wait();
  answer_indices(quoted(kOld));
  answer(200, R"({"docs":[{"error":{"type":"index_not_found_exception"}}]})");
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  EXPECT_TRUE(output_->take_notices().empty());
}

TEST_F(ElasticsearchLookupTest, AShardThatIsNotThereYetIsWaitedFor) {
  start_in_old_index();
  give(1);
  flush();
  cut_and_wait();
  answer_indices(quoted(kOld));
  answer(200, R"({"docs":[{"error":{"type":"no_shard_available_action_exception"}}]})");
  EXPECT_EQ(next_request(), "");
  EXPECT_EQ(output_->health().state, Health::State::kUnreachable);
  clock_.advance_seconds(60);
  output_->step();
  EXPECT_EQ(next_request(), std::string("POST /") + kOld + "/_mget");
}

TEST_F(ElasticsearchLookupTest, NonsenseIsNoAnswer) {
  for (const char* const body : {"", "<html>", R"({"docs":[]})", R"({"docs":[{}]})"}) {
    start_in_old_index();
    sink_ = {};
    give(1);
    flush();
    cut_and_wait();
    answer_indices(quoted(kOld));
    answer(200, body);
    EXPECT_EQ(next_request(), "") << body;
    EXPECT_EQ(sink_.delivered, 0) << body;
  }
}

TEST_F(ElasticsearchLookupTest, FailingRequestsBackOffThoughQuestionsAreAnswered) {
  start_in_old_index();
  give(1);
  flush();
  for (int round = 0; round < 10; ++round) {
    answer(503, "no healthy upstream");
    EXPECT_EQ(output_->health().state, Health::State::kUnreachable);
    EXPECT_EQ(next_request(), "");
    clock_.advance_seconds(31);
    output_->step();
    answer_indices(quoted(kOld));
    answer(200, R"({"docs":[{"found":false}]})");
    ASSERT_EQ(next_request(), "POST /logs-app/_bulk");
  }
  answer(503, "no healthy upstream");
  clock_.advance_seconds(1);
  output_->step();
  EXPECT_EQ(next_request(), "");  // the wait has grown beyond a second
}

TEST_F(ElasticsearchLookupTest, IndicesNamedByDateNeedNone) {
  start({.index = "app-%Y.%m.%d"});
  give(1, /*may_have_been_sent=*/true);
  flush();
  EXPECT_EQ(next_request(), "POST /_bulk");
  EXPECT_EQ(output_->save_state(SaveKind::kFull), "");
  cut_and_wait();
  EXPECT_EQ(next_request(), "POST /_bulk");
}

TEST_F(ElasticsearchLookupTest, NorDoesAtLeastOnce) {
  start({.exactly_once = false});
  give(1, /*may_have_been_sent=*/true);
  flush();
  EXPECT_EQ(next_request(), "POST /logs-app/_bulk");
  EXPECT_FALSE(output_->wants_save());
}

TEST_F(ElasticsearchLookupTest, AStateOfAnotherKindOfOutputIsRefused) {
  start();
  EXPECT_FALSE(output_->restore(std::vector<std::string>{"kafka"}));
}

}  // namespace
}  // namespace sawlog::outputs
