#include "agent/alerts/alert_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/alerts/mail.h"
#include "tests/support/fake_clock.h"

namespace sawlog::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int64_t kNow = tests::FakeClock::kStartUnixNs;
const AlertForm kForm{"web-1", "team", 3, "#alerts"};

Alert alert(const std::string& name, const std::string& severity, const std::string& summary) {
  Alert alert;
  alert.rule = name;
  alert.labels = {{"alertname", name}, {"endpoint", "/<a>\"b\"\n"}, {"severity", severity}};
  alert.value = 12.5;
  alert.active_unix_ns = kNow - 60 * base::kNsPerSecond;
  alert.firing_unix_ns = kNow;
  alert.resolved_unix_ns = kNow;
  alert.summary = summary;
  return alert;
}

AlertMessage message(size_t firing, size_t resolved) {
  AlertMessage message;
  message.made_unix_ns = kNow;
  auto& group = message.groups.emplace_back();
  group.labels = {{"alertname", "slow"}};
  for (size_t i = 0; i < firing; ++i) {
    group.firing.push_back(alert("slow", i == 1 ? "critical" : "warning", "five < six & more"));
  }
  for (size_t i = 0; i < resolved; ++i) group.resolved.push_back(alert("slow", "warning", "was"));
  return message;
}

TEST(AlertMessage, TitlesSayWhatMatters) {
  EXPECT_EQ(alert_title(message(2, 1), kForm), "[FIRING 2] critical slow (web-1)");
  EXPECT_EQ(alert_title(message(0, 1), kForm), "[RESOLVED 1] slow (web-1)");
  AlertMessage several = message(1, 0);
  several.groups.push_back(several.groups[0]);
  EXPECT_EQ(alert_title(several, kForm), "[FIRING 2] warning 2 groups (web-1)");
  several.groups = {several.groups[0]};
  several.groups[0].labels = {{"endpoint", "a\r\nBcc: all@example.com"}};
  EXPECT_EQ(alert_title(several, kForm), "[FIRING 1] warning a  Bcc: all@example.com (web-1)");
}

TEST(AlertMessage, TextNamesAFewAndCountsTheRest) {
  EXPECT_EQ(alert_text(message(1, 1), kForm),
            "Firing: 1\n\n"
            "* slow: five < six & more\n"
            "  since 2026-11-21T06:59:00.000000Z\n"
            "  alertname=\"slow\" endpoint=\"/<a>\\\"b\\\"\\n\" severity=\"warning\"\n\n"
            "Resolved: 1\n\n"
            "* slow: was\n"
            "  since 2026-11-21T06:59:00.000000Z\n"
            "  alertname=\"slow\" endpoint=\"/<a>\\\"b\\\"\\n\" severity=\"warning\"\n\n"
            "Sent by sawlog on web-1\n");
  EXPECT_THAT(alert_text(message(1'000, 5), kForm), HasSubstr("… and 997 more\n"));
  EXPECT_THAT(alert_text(message(1'000, 5), kForm), HasSubstr("… and 5 more\n"));
  EXPECT_LT(alert_text(message(1'000, 5), kForm).size(), 1'000);
}

TEST(AlertMessage, Slack) {
  const std::string json = slack_json(message(2, 0), kForm);
  EXPECT_THAT(json, testing::StartsWith(
                        R"j({"channel":"#alerts","text":"[FIRING 2] critical slow (web-1)",)j"
                        R"j("attachments":[{"color":"danger",)j"));
  EXPECT_THAT(json, HasSubstr("five &lt; six &amp; more"));
  EXPECT_THAT(slack_json(message(1, 0), kForm), HasSubstr(R"j("color":"warning")j"));
  EXPECT_THAT(slack_json(message(0, 1), kForm), HasSubstr(R"j("color":"good")j"));
}

TEST(AlertMessage, Webhook) {
  EXPECT_EQ(
      webhook_json(message(1, 1), kForm),
      R"j({"version":"4","receiver":"team","status":"firing","title":"[FIRING 1] warning slow (web-1)",)j"
      R"j("truncatedAlerts":0,"groupLabels":{"alertname":"slow"},"alerts":[)j"
      R"j({"status":"firing","labels":{"alertname":"slow","endpoint":"/<a>\"b\"\n","severity":"warning"},)j"
      R"j("annotations":{"summary":"five < six & more"},"value":12.5,)j"
      R"j("startsAt":"2026-11-21T06:59:00.000000Z"},)j"
      R"j({"status":"resolved","labels":{"alertname":"slow","endpoint":"/<a>\"b\"\n","severity":"warning"},)j"
      R"j("annotations":{"summary":"was"},"value":12.5,)j"
      R"j("startsAt":"2026-11-21T06:59:00.000000Z","endsAt":"2026-11-21T07:00:00.000000Z"}]})j");
  EXPECT_THAT(webhook_json(message(10, 0), kForm), HasSubstr(R"j("truncatedAlerts":7)j"));
}

TEST(AlertMessage, AlertmanagerGetsAll) {
  const std::string json = alertmanager_json(message(10, 1));
  EXPECT_EQ(json.front(), '[');
  EXPECT_THAT(json, HasSubstr(R"j("endsAt":"2026-11-21T07:04:00.000000Z")j"));
  EXPECT_THAT(json, HasSubstr(R"j("endsAt":"2026-11-21T07:00:00.000000Z")j"));
}

TEST(Mail, Bytes) {
  Mail mail;
  mail.from = "alerts@example.com";
  mail.to = {"one@example.com", "two@example.com"};
  mail.subject = "[FIRING 1] slow";
  mail.text = "five < six\n";
  mail.time_unix_ns = kNow;
  mail.id = "sawlog.1@web-1";
  EXPECT_EQ(mail_bytes(mail),
            "Date: Sat, 21 Nov 2026 07:00:00 +0000\r\n"
            "From: sawlog <alerts@example.com>\r\n"
            "To: <one@example.com>,\r\n <two@example.com>\r\n"
            "Subject: [FIRING 1] slow\r\n"
            "Message-ID: <sawlog.1@web-1>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
            "Zml2ZSA8IHNpeAo=\r\n");
  mail.subject = "größer";
  EXPECT_THAT(mail_bytes(mail), HasSubstr("Subject: =?utf-8?B?Z3LDtsOfZXI=?=\r\n"));
  mail.subject = std::string(200, 'x');
  mail.subject += "ü";
  mail.text = std::string(2'000, 'x');
  const std::string bytes = mail_bytes(mail);
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t end = bytes.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - at, 78) << bytes.substr(at, end - at);
    at = end + 2;
  }
}

TEST(Mail, AServerThatIsNotThere) {
  config::ReceiverConfig server;
  server.server = "127.0.0.1:1";
  server.username = "alerts";
  server.password = "hunter2";
  Mail mail;
  mail.from = "a@example.com";
  mail.to = {"b@example.com"};
  const auto sent = send_mail(server, mail, [] { return false; });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(sent.error().message, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace sawlog::agent
