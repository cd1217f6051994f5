// What receivers get to read: a message as text, as Slack's JSON, as Alertmanager's webhook, and as
// what an Alertmanager takes.
//
// At most lines_max alerts are named, the rest is counted (an Alertmanager gets all). Whatever is
// in labels and texts: the JSON is valid and a title is one line.
#pragma once

#include <string>

#include "agent/alerts/alert_telling.h"

namespace sawlog::agent {

struct AlertForm {
  std::string host;
  std::string receiver;
  size_t lines_max = 20;
  std::string channel = {};  // of Slack
};

// "[FIRING 2] critical high_error_rate (web-1)"
[[nodiscard]] std::string alert_title(const AlertMessage& message, const AlertForm& form);
[[nodiscard]] std::string alert_text(const AlertMessage& message, const AlertForm& form);
// docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
[[nodiscard]] std::string slack_json(const AlertMessage& message, const AlertForm& form);
// prometheus.io/docs/alerting/latest/configuration/#webhook_config, version 4
[[nodiscard]] std::string webhook_json(const AlertMessage& message, const AlertForm& form);
// The body of POST /api/v2/alerts; what fires there ends by itself kHeldNs after the last message.
constexpr int64_t kHeldNs = 4 * AlertTelling::kRefreshNs;
[[nodiscard]] std::string alertmanager_json(const AlertMessage& message);

}  // namespace sawlog::agent
