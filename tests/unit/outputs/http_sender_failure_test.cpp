// What HttpSender does when the server does not simply say yes.
#include <gtest/gtest.h>

#include "tests/unit/outputs/http_sender_fixture.h"

namespace sawlog::outputs {
namespace {

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

}  // namespace
}  // namespace sawlog::outputs
