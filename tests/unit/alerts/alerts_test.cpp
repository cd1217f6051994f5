#include "agent/alerts/alerts.h"

#include <thread>

#include <gmock/gmock.h>

#include "tests/unit/alerts/alert_rig.h"

namespace sawlog::agent {
namespace {

using config::RuleKind;
using test::AlertRig;

constexpr int64_t kHour = 3600;

// One gauge, which the test sets.
class AlertsTest : public testing::Test {
 protected:
  AlertsTest() {
    rig.config.rules = {AlertRig::rule("high", "queue_length > 5 by (queue)")};
    rig.add_receiver("hook");
    rig.figures = [this](Figures& figures) {
      for (const auto& [queue, length] : queues) {
        figures.add("queue_length", RuleKind::kGauge, {{"queue", queue}}, length);
      }
    };
  }

  [[nodiscard]] size_t firing(size_t message) const {
    return rig.messages.at(message).message.firing_count();
  }
  [[nodiscard]] size_t resolved(size_t message) const {
    return rig.messages.at(message).message.resolved_count();
  }

  AlertRig rig;
  std::map<std::string, double> queues = {{"mail", 0}};
};

TEST_F(AlertsTest, FiresOnlyAfterItsTime) {
  rig.config.rules[0].for_ns = 60 * base::kNsPerSecond;
  rig.open();
  queues["mail"] = 9;
  rig.pass(46);
  EXPECT_TRUE(rig.says("\"state\":\"pending\""));
  queues["mail"] = 0;
  rig.pass(15);
  queues["mail"] = 9;
  rig.pass(59);
  EXPECT_FALSE(rig.fires());
  rig.pass(31);
  EXPECT_TRUE(rig.fires());
  ASSERT_EQ(rig.messages.size(), 1);
  const Alert& alert = rig.messages[0].message.groups[0].firing[0];
  EXPECT_EQ(alert.summary, "queue_length > 5 by (queue) (now 9)");
  EXPECT_EQ(alert.labels, (parsers::FigureLabels{{"alertname", "high"},
                                                 {"instance", "web-1"},
                                                 {"queue", "mail"},
                                                 {"severity", "warning"}}));
}

TEST_F(AlertsTest, TextsAreFilledIn) {
  rig.config.rules[0].summary = "{queue} has {value} on {instance} {unknown} {";
  rig.config.rules[0].labels = {{"team", "x"}};
  rig.config.labels = {{"team", "everybody"}, {"site", "eu"}};
  rig.open();
  queues["mail"] = 12.5;
  rig.pass(15);
  const Alert& alert = rig.messages.at(0).message.groups[0].firing[0];
  EXPECT_EQ(alert.summary, "mail has 12.5 on web-1 {unknown} {");
  EXPECT_EQ(alert.label("team"), "x");
  EXPECT_EQ(alert.label("site"), "eu");
}

TEST_F(AlertsTest, IsRepeatedAndResolved) {
  rig.open();
  queues["mail"] = 9;
  rig.pass(4 * kHour + 30);
  ASSERT_EQ(rig.messages.size(), 2);
  queues["mail"] = 0;
  rig.pass(75);
  ASSERT_EQ(rig.messages.size(), 3);
  EXPECT_EQ(firing(2), 0);
  EXPECT_EQ(resolved(2), 1);
  rig.pass(5 * kHour);
  EXPECT_EQ(rig.messages.size(), 3);
}

TEST_F(AlertsTest, WhatComesTogetherIsToldTogether) {
  rig.open();
  for (int i = 0; i < 40; ++i) queues["queue" + std::to_string(i)] = 9;
  rig.pass(30);
  ASSERT_EQ(rig.messages.size(), 1);
  EXPECT_EQ(firing(0), 40);
  queues["late"] = 9;
  rig.pass(20);
  EXPECT_EQ(rig.messages.size(), 1);  // the group's interval
  rig.pass(60);
  ASSERT_EQ(rig.messages.size(), 2);
  EXPECT_EQ(firing(1), 41);
}

TEST_F(AlertsTest, AStormOfGroupsComesInOneMessage) {
  rig.config.group_by = {"queue"};
  rig.open();
  for (int i = 0; i < 3; ++i) queues["queue" + std::to_string(i)] = 9;
  rig.pass(30);
  EXPECT_EQ(rig.messages.size(), 3);
  for (int i = 0; i < 100; ++i) queues["storm" + std::to_string(i)] = 9;
  rig.pass(30);
  ASSERT_EQ(rig.messages.size(), 4);
  EXPECT_EQ(rig.messages[3].message.groups.size(), 100);
}

TEST_F(AlertsTest, MoreAlertsThanThereMayBeAreCounted) {
  rig.open();
  rig.figures = [](Figures& figures) {
    for (int i = 0; i < 600; ++i) {
      figures.add("queue_length", RuleKind::kGauge, {{"queue", std::to_string(i)}}, 9);
    }
  };
  rig.pass(15);
  EXPECT_EQ(firing(0), kGroupsMax);
  ExpositionWriter writer(ExpositionFormat::kPrometheus);
  rig.alerts->write_metrics(writer);
  EXPECT_THAT(std::move(writer).finish(), testing::HasSubstr("sawlog_alert_left_out_total 100\n"));
}

TEST_F(AlertsTest, AReceiverThatIsDownGetsOneMessageAboutNow) {
  rig.open();
  rig.is_down = true;
  queues["mail"] = 9;
  rig.pass(kHour);
  EXPECT_TRUE(rig.messages.empty());
  EXPECT_GT(rig.attempts, 10);
  EXPECT_LT(rig.attempts, 60);
  EXPECT_TRUE(rig.says("\"up\":false,\"reason\":\"connection refused\""));
  EXPECT_THAT(rig.reports, testing::ElementsAre("warn: alert 'high' fires",
                                                "error: cannot send alerts to receiver 'hook': "
                                                "connection refused"));
  queues = {{"mail", 0}, {"other", 9}};
  rig.pass(15);
  rig.is_down = false;
  rig.pass(400);
  ASSERT_EQ(rig.messages.size(), 1);
  EXPECT_EQ(rig.messages[0].message.groups[0].firing[0].label("queue"), "other");
  EXPECT_EQ(resolved(0), 0);  // nobody was told that it fired
}

TEST_F(AlertsTest, AnEndThatNobodyWantsToHear) {
  rig.config.receivers[0].send_resolved = false;
  rig.open();
  queues["mail"] = 9;
  rig.pass(30);
  queues["mail"] = 0;
  rig.pass(kHour);
  EXPECT_EQ(rig.messages.size(), 1);
}

TEST_F(AlertsTest, OnlyTheSeveritiesThatAReceiverWants) {
  rig.config.rules.push_back(AlertRig::rule("worse", "queue_length > 50"));
  rig.config.rules[1].severity = "critical";
  rig.add_receiver("pager");
  rig.config.receivers[1].severities = {"critical"};
  rig.open();
  queues["mail"] = 9;
  rig.pass(30);
  ASSERT_EQ(rig.messages.size(), 1);
  EXPECT_EQ(rig.messages[0].receiver, "hook");
  queues["mail"] = 99;
  rig.pass(30);
  ASSERT_EQ(rig.messages.size(), 3);
  EXPECT_EQ(rig.messages[2].receiver, "pager");
}

TEST_F(AlertsTest, AnAlertmanagerGetsEverythingEveryMinute) {
  rig.config.receivers[0].type = config::ReceiverType::kAlertmanager;
  rig.config.rules.push_back(AlertRig::rule("also", "queue_length > 6"));
  rig.open();
  queues["mail"] = 9;
  rig.pass(121);
  EXPECT_EQ(rig.messages.size(), 3);
  EXPECT_EQ(firing(0), 2);
  EXPECT_EQ(rig.messages[0].message.groups.size(), 1);
  queues["mail"] = 0;
  rig.pass(15);
  ASSERT_EQ(rig.messages.size(), 4);
  EXPECT_EQ(resolved(3), 2);
}

TEST_F(AlertsTest, SilencedAlertsAreNotTold) {
  rig.open();
  const auto silence = [&](const std::string& duration) {
    return rig.alerts->silence(
        R"({"match": {"alertname": "high", "queue": "mail"}, "duration": ")" + duration +
        R"(", "comment": "moving house"})");
  };
  ASSERT_TRUE(silence("1h"));
  queues = {{"mail", 9}, {"other", 9}};
  rig.pass(60);
  ASSERT_EQ(rig.messages.size(), 1);
  EXPECT_EQ(firing(0), 1);
  EXPECT_TRUE(rig.says("\"silenced\":true"));
  EXPECT_TRUE(rig.says("moving house"));
  rig.open();  // also after a restart
  rig.pass(60);
  EXPECT_EQ(rig.messages.size(), 1);
  ASSERT_TRUE(silence("0s"));
  rig.pass(90);
  ASSERT_EQ(rig.messages.size(), 2);
  EXPECT_EQ(firing(1), 2);
  ASSERT_TRUE(silence("1h"));
  queues["mail"] = 0;
  rig.pass(120);
  EXPECT_EQ(rig.messages.size(), 2);  // its end is not told, either
}

TEST_F(AlertsTest, WrongSilences) {
  rig.open();
  for (const char* text :
       {"", "{}", "[]", R"({"match": {"a": "b"}})", R"({"match": {}, "duration": "1h"})",
        R"({"match": {"a": 1}, "duration": "1h"})", R"({"match": {"a": "b"}, "duration": "long"})",
        R"({"match": {"a": "b"}, "duration": "1000d"})"}) {
    const auto done = rig.alerts->silence(text);
    ASSERT_FALSE(done) << text;
    EXPECT_EQ(done.error().code, base::ErrorCode::kInvalid) << text;
  }
}

// --- restart -------------------------------------------------------------------------------------

TEST_F(AlertsTest, ARestartTellsNothingTwiceAndForgetsNothing) {
  rig.config.rules[0].for_ns = 60 * base::kNsPerSecond;
  rig.open();
  queues["mail"] = 9;
  rig.pass(31);
  rig.open();
  rig.pass(50);
  ASSERT_EQ(rig.messages.size(), 1);  // the minute went on
  rig.open();
  rig.pass(kHour);
  EXPECT_EQ(rig.messages.size(), 1);
  rig.open();
  queues["mail"] = 0;
  rig.pass(15);
  ASSERT_EQ(rig.messages.size(), 2);
  EXPECT_EQ(resolved(1), 1);
}

TEST_F(AlertsTest, ARuleThatIsGoneIsResolved) {
  rig.open();
  queues["mail"] = 9;
  rig.pass(30);
  rig.config.rules = {AlertRig::rule("another", "queue_length > 100")};
  rig.open();
  rig.pass(90);
  ASSERT_EQ(rig.messages.size(), 2);
  EXPECT_EQ(resolved(1), 1);
}

TEST_F(AlertsTest, ADamagedStateIsSaidAndBegunAnew) {
  rig.open();
  queues["mail"] = 9;
  rig.pass(30);
  const std::string state = rig.filesystem.content("/state/alerts");
  std::string damaged = state;
  damaged[state.size() / 2] = static_cast<char>(state[state.size() / 2] ^ 1);
  size_t messages = 1;
  for (const std::string& bytes : {damaged, state.substr(0, state.size() / 2)}) {
    rig.filesystem.write_file("/state/alerts", bytes);
    rig.reports.clear();
    rig.open();
    rig.pass(30);
    EXPECT_EQ(rig.messages.size(), ++messages);
    EXPECT_THAT(rig.reports,
                testing::Contains(testing::AllOf(testing::StartsWith("error: "),
                                                 testing::HasSubstr("/state/alerts"))));
  }
}

TEST_F(AlertsTest, ADiskThatIsFullStopsNoAlert) {
  rig.open();
  rig.filesystem.set_free_bytes(0);
  queues["mail"] = 9;
  rig.pass(30);
  EXPECT_EQ(rig.messages.size(), 1);
  EXPECT_THAT(rig.reports, testing::Contains(testing::HasSubstr("No space left")));
  rig.filesystem.set_free_bytes(UINT64_MAX);
  rig.pass(30);
  rig.open();
  rig.pass(60);
  EXPECT_EQ(rig.messages.size(), 1);
}

TEST_F(AlertsTest, WhileMetricsAreWithheldNothingChanges) {
  rig.open();
  queues["mail"] = 9;
  rig.pass(30);
  const auto figures = std::exchange(rig.figures, nullptr);
  rig.pass(600);
  EXPECT_TRUE(rig.fires());
  rig.figures = figures;
  rig.pass(30);
  EXPECT_EQ(rig.messages.size(), 1);
}

TEST_F(AlertsTest, LoopsEndWhenTheyAreStopped) {
  rig.open();
  queues["mail"] = 9;
  std::vector<std::thread> threads;
  for (auto& loop : rig.alerts->loops()) threads.emplace_back(loop);
  (void)rig.alerts->status_json();
  rig.alerts->stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(rig.filesystem.exists("/state/alerts"));
}

}  // namespace
}  // namespace sawlog::agent
