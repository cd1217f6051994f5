// What the alerts tell about themselves: their part of /status, and sawlog_alert… metrics.
#include "agent/alerts/alerts.h"
#include "agent/json_object.h"
#include "lib/base/json_encode.h"

namespace sawlog::agent {
namespace {

void append_time(std::string& out, int64_t unix_ns) {
  out += '"';
  base::append_rfc3339(out, unix_ns);
  out += '"';
}

void append_labels(std::string& out, const parsers::FigureLabels& labels) {
  JsonObject object(out);
  for (const auto& [name, value] : labels) object.text(name, value);
}

void append_alert(std::string& out, const Alert& alert, bool is_silenced) {
  JsonObject object(out);
  object.text("state", alert.is_firing() ? "firing" : "pending");
  object.flag("silenced", is_silenced);
  append_labels(object.key("labels"), alert.labels);
  base::append_double(object.key("value"), alert.value);
  append_time(object.key("active_since"), alert.active_unix_ns);
  if (alert.is_firing()) append_time(object.key("firing_since"), alert.firing_unix_ns);
  object.text("summary", alert.summary);
}

}  // namespace

void Alerts::append_rules(std::string& out) const {
  const int64_t now_unix_ns = clock_.unix_ns();
  append_array(out, rules_, [&](const WatchedRule& rule) {
    std::vector<const Alert*> alerts;
    for (const auto& [labels, alert] : book_.alerts()) {
      if (alert.rule == rule.rule().name) alerts.push_back(&alert);
    }
    const bool fires =
        std::ranges::any_of(alerts, [](const Alert* alert) { return alert->is_firing(); });
    JsonObject object(out);
    object.text("name", rule.rule().name);
    object.text("condition", rule.rule().condition);
    object.text("severity", rule.rule().severity);
    object.text("state", alerts.empty() ? "inactive" : fires ? "firing" : "pending");
    append_array(object.key("alerts"), alerts, [&](const Alert* alert) {
      append_alert(out, *alert, book_.is_silenced(*alert, now_unix_ns));
    });
  });
}

void Alerts::append_receivers(std::string& out) const {
  append_array(out, receivers_, [&](const Receiver& receiver) {
    JsonObject object(out);
    object.text("name", receiver.config.name);
    object.flag("up", receiver.failure.empty());
    object.text("reason", receiver.failure);
    object.number("sent", receiver.sent);
    object.number("failed", receiver.failed);
  });
}

std::string Alerts::status_json() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  {
    JsonObject object(out);
    append_rules(object.key("rules"));
    append_receivers(object.key("receivers"));
    append_array(object.key("silences"), book_.silences(), [&](const Silence& silence) {
      JsonObject one(out);
      append_labels(one.key("match"), silence.match);
      append_time(one.key("until"), silence.until_unix_ns);
      one.text("comment", silence.comment);
    });
  }
  return out;
}

void Alerts::write_metrics(ExpositionWriter& writer) const {
  const std::lock_guard lock(mutex_);
  const auto real = [](uint64_t value) { return static_cast<double>(value); };
  writer.family("sawlog_alerts", FamilyType::kGauge, "Alerts of a rule, by state");
  for (const WatchedRule& rule : rules_) {
    const std::string& name = rule.rule().name;
    const size_t firing = firing_count(name);
    const auto all = std::ranges::count_if(
        book_.alerts(), [&](const auto& entry) { return entry.second.rule == name; });
    writer.sample({{"alertname", name}, {"state", "firing"}}, real(firing));
    writer.sample({{"alertname", name}, {"state", "pending"}},
                  real(static_cast<uint64_t>(all) - firing));
  }
  const auto for_receivers = [&](std::string_view name, FamilyType type, std::string_view help,
                                 const auto& value) {
    writer.family(name, type, help);
    for (const Receiver& receiver : receivers_) {
      writer.sample({{"receiver", receiver.config.name}}, real(value(receiver)));
    }
  };
  for_receivers("sawlog_alert_receiver_up", FamilyType::kGauge,
                "0 while a receiver takes no alerts",
                [](const Receiver& receiver) { return receiver.failure.empty() ? 1u : 0u; });
  for_receivers("sawlog_alert_messages_total", FamilyType::kCounter,
                "Messages that a receiver has taken",
                [](const Receiver& receiver) { return receiver.sent; });
  for_receivers("sawlog_alert_failures_total", FamilyType::kCounter,
                "Messages that could not be sent, and were tried again",
                [](const Receiver& receiver) { return receiver.failed; });
  uint64_t left_out = book_.left_out() + budget_.left_out;
  for (const WatchedRule& rule : rules_) left_out += rule.left_out();
  writer.family("sawlog_alert_looks_total", FamilyType::kCounter, "Looks at the conditions");
  writer.sample({}, real(looks_));
  writer.family("sawlog_alert_left_out_total", FamilyType::kCounter,
                "Series and alerts that were left out of a look, because there were too many");
  writer.sample({}, real(left_out));
}

}  // namespace sawlog::agent
