#include "config/alert_keys.h"

#include <filesystem>

#include "config/include.h"
#include "config/named_sections.h"
#include "config/output_keys.h"
#include "config/text_checks.h"

namespace sawlog::config {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kDay = 86'400 * kSecond;

const TextRules kRequired{.is_required = true, .check = check_not_empty};
const TextRules kSecret{.is_secret = true};

// --- rules -------------------------------------------------------------------------------------

const TextRules kCondition{.is_required = true, .check = check_condition};

Section<AlertRule> rule_section() {
  using Rule = AlertRule;
  Section<Rule> section;
  section.text("name", &Rule::name, kRequired, "what the alert is called: its label alertname")
      .text("condition", &Rule::condition, kCondition, "when it fires: 'error_rate > 5'")
      .time("for", &Rule::for_ns, 0, 7 * kDay, "how long the condition must hold before")
      .text("severity", &Rule::severity, {.check = check_not_empty},
            "critical, warning, or a word of yours: its label severity")
      .text_map("labels", &Rule::labels, "more labels of the alert")
      .text("summary", &Rule::summary, {}, "one line; {value} and {LABEL} are filled in")
      .text("description", &Rule::description, {},
            "what to know and to do; {value} and {LABEL} are filled in");
  return section;
}

// As alerting.json spells them.
Section<AlertRule> guide_rule_section() {
  using Rule = AlertRule;
  Section<Rule> section;
  section.text("name", &Rule::name, kRequired, "")
      .text("condition", &Rule::condition, kCondition, "")
      .time("duration", &Rule::for_ns, 0, 7 * kDay, "")
      .text("severity", &Rule::severity, {.check = check_not_empty}, "");
  return section;
}

void read_rules(const Node& node, const std::string& path, const Section<AlertRule>& section,
                std::vector<AlertRule>& rules, Reading& reading) {
  if (node.kind != Node::Kind::kList) {
    reading.mistake(node.place, "'" + path + "' must be a list of rules");
    return;
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    AlertRule rule;
    rule.place = item.place;
    const Node* const condition = item.find("condition");
    rule.condition_place = condition != nullptr ? condition->place : item.place;
    section.read(item, path + "[" + std::to_string(i) + "]", rule, reading);
    rules.push_back(std::move(rule));
  }
}

// --- receivers ---------------------------------------------------------------------------------

struct TypeName {
  std::string name;
  ReceiverType type;
};

const std::vector<TypeName>& type_names() {
  static const std::vector<TypeName> kNames = {{"email", ReceiverType::kEmail},
                                               {"slack", ReceiverType::kSlack},
                                               {"webhook", ReceiverType::kWebhook},
                                               {"alertmanager", ReceiverType::kAlertmanager}};
  return kNames;
}

std::vector<std::string> type_words() {
  std::vector<std::string> words;
  for (const TypeName& known : type_names()) words.push_back(known.name);
  return words;
}

Section<ReceiverConfig> common_section() {
  using Receiver = ReceiverConfig;
  Section<Receiver> section;
  KeyInfo type;
  type.name = "type";
  type.type = ValueType::kWord;
  type.is_required = true;
  type.words = type_words();
  type.meaning = "what is at the other end";
  section.custom(type, [](const Node&, const std::string&, Receiver&, Reading&) {})
      .texts("severities", &Receiver::severities, {.check = check_not_empty},
             "only alerts of these: [critical]")
      .section("tls", &Receiver::tls, tls_section(), "how its certificate is checked");
  return section;
}

Section<ReceiverConfig> of_type(ReceiverType type) {
  using Receiver = ReceiverConfig;
  Section<Receiver> section;
  const auto resolved = [&section]() -> Section<Receiver>& {
    return section.boolean("send_resolved", &Receiver::send_resolved,
                           "whether the end of an alert is told, too");
  };
  switch (type) {
    case ReceiverType::kEmail:
      resolved()
          .text("server", &Receiver::server, {.is_required = true, .check = check_mail_server},
                "host:port of the SMTP server; port 465 speaks TLS from the first byte")
          .word<StartTls>("starttls", &Receiver::starttls,
                          {{"required", StartTls::kRequired},
                           {"optional", StartTls::kOptional},
                           {"none", StartTls::kNone}},
                          {}, "whether the connection must become a TLS one")
          .text("username", &Receiver::username, {}, "for authentication")
          .text("password", &Receiver::password, kSecret, "for authentication")
          .text("from", &Receiver::from, {.check = check_mail_address},
                "the sender's address; username, or sawlog@HOST when left out")
          .texts("to", &Receiver::to, {.is_required = true, .check = check_mail_address},
                 "addresses: [admin@example.com]");
      break;
    case ReceiverType::kSlack:
      resolved()
          .text("url", &Receiver::url,
                {.is_required = true, .is_secret = true, .check = check_webhook_url},
                "the incoming webhook, of Slack or of what understands the same")
          .text("channel", &Receiver::channel, {}, "instead of the webhook's own: '#alerts'");
      break;
    case ReceiverType::kWebhook:
      resolved()
          .text("url", &Receiver::url,
                {.is_required = true, .is_secret = true, .check = check_webhook_url},
                "gets a POST of JSON, as Alertmanager's webhooks do")
          .text("username", &Receiver::username, {}, "for basic authentication")
          .text("password", &Receiver::password, kSecret, "for basic authentication")
          .text("bearer", &Receiver::bearer, kSecret, "a token instead of user name and password");
      break;
    case ReceiverType::kAlertmanager:
      section
          .text("url", &Receiver::url, {.is_required = true, .check = check_alertmanager_url},
                "an Alertmanager, which groups and repeats by itself: http://localhost:9093")
          .text("username", &Receiver::username, {}, "for basic authentication")
          .text("password", &Receiver::password, kSecret, "for basic authentication")
          .text("bearer", &Receiver::bearer, kSecret, "a token instead of user name and password");
      break;
  }
  return section;
}

void include_type(Section<ReceiverConfig>& section, const TypeName& type) {
  section.include<ReceiverConfig>(
      of_type(type.type), [](ReceiverConfig& receiver) -> ReceiverConfig& { return receiver; },
      type.name);
}

void read_receiver(const Node& node, const std::string& path, ReceiverConfig& receiver,
                   Reading& reading) {
  const Node* const type = node.find("type");
  if (node.kind != Node::Kind::kMap || type == nullptr) {
    reading.mistake(node.place, "'" + path + "' lacks 'type': one of " + show_list(type_words()));
    return;
  }
  const auto word = read_word(*type, path + ".type", type_words(), {}, reading);
  for (const TypeName& known : type_names()) {
    if (word != known.name) continue;
    receiver.type = known.type;
    Section<ReceiverConfig> section = common_section();
    include_type(section, known);
    section.read(node, path, receiver, reading);
  }
}

std::vector<KeyInfo> receiver_keys() {
  Section<ReceiverConfig> section = common_section();
  for (const TypeName& known : type_names()) include_type(section, known);
  return section.infos();
}

// --- alerting.json -----------------------------------------------------------------------------

// The guides' email_alerts.
struct EmailAlerts {
  bool enabled = true;
  std::string smtp_server;
  uint32_t smtp_port = 587;
  std::string username, password;
  std::vector<std::string> recipients;
};

struct GuideFile {
  EmailAlerts email;
  bool has_email = false;
  std::vector<AlertRule> rules;
};

Section<GuideFile> guide_section() {
  using Email = EmailAlerts;
  Section<Email> email;
  email.boolean("enabled", &Email::enabled, "")
      .text("smtp_server", &Email::smtp_server, kRequired, "")
      .count("smtp_port", &Email::smtp_port, 1, 65'535, "")
      .text("username", &Email::username, {}, "")
      .text("password", &Email::password, kSecret, "")
      .texts("recipients", &Email::recipients, {.is_required = true, .check = check_mail_address},
             "");
  KeyInfo given, rules;
  given.name = "email_alerts";
  given.type = ValueType::kSection;
  rules.name = "alert_rules";
  rules.type = ValueType::kSectionList;
  Section<GuideFile> section;
  section
      .custom(
          given,
          [email](const Node& node, const std::string& path, GuideFile& file, Reading& reading) {
            email.read(node, path, file.email, reading);
            file.has_email = true;
          })
      .custom(rules,
              [](const Node& node, const std::string& path, GuideFile& file, Reading& reading) {
                read_rules(node, path, guide_rule_section(), file.rules, reading);
              });
  return section;
}

ReceiverConfig receiver_of(const EmailAlerts& email, const Place& place) {
  ReceiverConfig receiver;
  receiver.name = "email";
  receiver.place = place;
  receiver.server = email.smtp_server + ":" + std::to_string(email.smtp_port);
  receiver.username = email.username;
  receiver.password = email.password;
  receiver.to = email.recipients;
  return receiver;
}

// JSON is YAML: the file has places like any other.
void read_guide_file(const Node& node, const std::string& path, AlertsConfig& alerts,
                     Reading& reading) {
  const auto name = read_text(node, path, {.check = check_not_empty}, reading);
  if (!name) return;
  const std::filesystem::path directory = std::filesystem::path(node.place.file).parent_path();
  const Node document = read_document(directory / *name, reading);
  GuideFile file;
  guide_section().read(document, "", file, reading);
  std::ranges::move(file.rules, std::back_inserter(alerts.rules));
  const Node* const email = document.find("email_alerts");
  if (file.has_email && file.email.enabled) {
    alerts.receivers.push_back(receiver_of(file.email, email->place));
  }
}

}  // namespace

Section<AlertsConfig> alerts_section() {
  using Alerts = AlertsConfig;
  Section<Alerts> section;
  KeyInfo file, rules;
  file.name = "file";
  file.meaning = "an alerting.json of the monitoring guides, relative to this file";
  rules.name = "rules";
  rules.type = ValueType::kSectionList;
  rules.meaning = "what is watched";
  rules.children = rule_section().infos();
  section.custom(file, read_guide_file)
      .time("interval", &Alerts::interval_ns, kSecond, kMinute * 60,
            "between two looks at the conditions")
      .texts("group_by", &Alerts::group_by, {.check = check_label_name},
             "alerts with the same values of these labels are told in one message; []: all")
      .time("group_wait", &Alerts::group_wait_ns, 0, kDay,
            "how long the first message of a group waits for more to tell")
      .time("group_interval", &Alerts::group_interval_ns, kSecond, kDay,
            "how long the next one waits, when something has changed")
      .time("repeat_interval", &Alerts::repeat_interval_ns, kMinute, 30 * kDay,
            "how long, when nothing has")
      .count("lines_max", &Alerts::lines_max, 1, 1'000,
             "alerts that a message names; the rest is counted")
      .text_map("labels", &Alerts::labels, "added to each alert: {team: payments}")
      .custom(rules,
              [](const Node& node, const std::string& path, Alerts& alerts, Reading& reading) {
                read_rules(node, path, rule_section(), alerts.rules, reading);
              })
      .custom(named_info("receivers", "where alerts are sent, each under a name", receiver_keys(),
                         false),
              [](const Node& node, const std::string& path, Alerts& alerts, Reading& reading) {
                read_named(
                    node, path, alerts.receivers, reading,
                    [&](const Node& value, const std::string& item_path, ReceiverConfig& receiver) {
                      read_receiver(value, item_path, receiver, reading);
                    });
              });
  return section;
}

}  // namespace sawlog::config
