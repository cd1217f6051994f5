#include "agent/alerts/alert_channel.h"

#include <array>
#include <memory>

#include "agent/alerts/alert_message.h"
#include "agent/alerts/mail.h"
#include "lib/base/printable.h"
#include "outputs/curl_transport.h"
#include "outputs/http_call.h"

namespace sawlog::agent {
namespace {

using config::ReceiverConfig;
using config::ReceiverType;
using GivesUp = std::function<bool()>;
using Sent = tl::expected<void, SendFailure>;

constexpr size_t kAnswerShownBytes = 200;
constexpr size_t kAnswerBytesMax = 1u << 20;
constexpr int64_t kHttpTimeoutNs = 30 * base::kNsPerSecond;

std::string without_secrets(std::string text, const ReceiverConfig& receiver) {
  const bool is_secret_url = receiver.type != ReceiverType::kAlertmanager;
  for (const std::string& secret :
       {is_secret_url ? receiver.url : std::string(), receiver.password, receiver.bearer}) {
    if (secret.empty()) continue;
    for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "***");
      at += 3;
    }
  }
  return text;
}

std::string body_of(const ReceiverConfig& receiver, const AlertMessage& message,
                    const AlertForm& form) {
  switch (receiver.type) {
    case ReceiverType::kSlack:
      return slack_json(message, form);
    case ReceiverType::kWebhook:
      return webhook_json(message, form);
    case ReceiverType::kAlertmanager:
      return alertmanager_json(message);
    case ReceiverType::kEmail:
      return alert_text(message, form);
  }
  return {};
}

Sent send_by_mail(const ReceiverConfig& receiver, const AlertMessage& message,
                  const AlertForm& form, const GivesUp& gives_up) {
  Mail mail;
  mail.from = receiver.from.empty() ? "sawlog@" + form.host : receiver.from;
  mail.to = receiver.to;
  mail.subject = alert_title(message, form);
  mail.text = body_of(receiver, message, form);
  mail.time_unix_ns = message.made_unix_ns;
  mail.id =
      "sawlog." + std::to_string(message.made_unix_ns) + "." + receiver.name + "@" + form.host;
  const auto sent = send_mail(receiver, mail, gives_up);
  if (sent) return {};
  return tl::unexpected(SendFailure{without_secrets(sent.error().message, receiver)});
}

Sent send_by_http(const ReceiverConfig& receiver, const AlertMessage& message,
                  const AlertForm& form, const base::Clock& clock, const GivesUp& gives_up) {
  outputs::CurlOptions options;
  options.tls = {receiver.tls.ca, receiver.tls.cert, receiver.tls.key, receiver.tls.verify};
  options.credentials = {
      .username = receiver.username, .password = receiver.password, .bearer = receiver.bearer};
  const auto transport = outputs::CurlTransport::create(options, clock);
  if (!transport) return tl::unexpected(SendFailure{transport.error().message});
  outputs::HttpRequest request;
  const bool is_manager = receiver.type == ReceiverType::kAlertmanager;
  std::string url = receiver.url;
  while (is_manager && url.ends_with('/')) url.pop_back();
  request.url = url + (is_manager ? "/api/v2/alerts" : "");
  request.headers = {"Content-Type: application/json"};
  request.body = body_of(receiver, message, form);
  request.timeout_ns = kHttpTimeoutNs;
  request.response_bytes_max = kAnswerBytesMax;
  const outputs::HttpResponse answer =
      outputs::call(**transport, std::move(request), clock, gives_up);
  if (answer.status >= 200 && answer.status < 300) return {};
  std::string reason = answer.error;
  if (answer.status != 0) {
    reason = "HTTP " + std::to_string(answer.status) + " " +
             base::printable(answer.body.substr(0, kAnswerShownBytes));
  }
  return tl::unexpected(SendFailure{without_secrets(reason, receiver), answer.retry_after});
}

}  // namespace

SendFunction make_channel(const ReceiverConfig& receiver, size_t lines_max, const std::string& host,
                          const base::Clock& clock) {
  const AlertForm form{host, receiver.name, lines_max, receiver.channel};
  if (receiver.type == ReceiverType::kEmail) {
    return [receiver, form](const AlertMessage& message, const GivesUp& gives_up) {
      return send_by_mail(receiver, message, form, gives_up);
    };
  }
  return [receiver, form, &clock](const AlertMessage& message, const GivesUp& gives_up) {
    return send_by_http(receiver, message, form, clock, gives_up);
  };
}

}  // namespace sawlog::agent
