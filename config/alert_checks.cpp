#include "config/alert_checks.h"

#include <array>

#include "config/nearest.h"
#include "config/presets.h"
#include "config/text_checks.h"
#include "parsers/figure_condition.h"

namespace sawlog::config {
namespace {

constexpr size_t kRulesMax = 500;

std::string show_place(const Place& place) {
  return place.file + ", line " + std::to_string(place.line);
}

template <class Item>
void check_names(const std::vector<Item>& items, const std::string& what, Reading& reading) {
  std::map<std::string, Place> known;
  for (const Item& item : items) {
    const auto [first, is_new] = known.emplace(item.name, item.place);
    if (is_new || item.name.empty()) continue;
    reading.mistake(item.place, "there is a second " + what + " '" + item.name +
                                    "'; the first stands in " + show_place(first->second));
  }
}

void check_labels(const Labels& labels, const Place& place, Reading& reading) {
  for (const auto& [name, value] : labels) {
    const bool is_taken = name == "alertname" || name == "severity";
    const std::string wrong = is_taken ? "is set by the rule itself" : check_label_name(name);
    if (!wrong.empty()) reading.mistake(place, "label '" + name + "' " + wrong);
  }
}

void check_receiver(const ReceiverConfig& receiver, Reading& reading) {
  const std::string path = "alerts.receivers." + receiver.name;
  if (!receiver.bearer.empty() && !receiver.username.empty()) {
    reading.mistake(reading.place_of(path + ".bearer"), "either bearer or username, not both");
  }
  if (receiver.username.empty() && !receiver.password.empty()) {
    reading.mistake(receiver.place,
                    "a password without a username in receiver '" + receiver.name + "'");
  }
  if (receiver.tls.cert.empty() != receiver.tls.key.empty()) {
    reading.mistake(reading.place_of(path + ".tls"), "tls.cert and tls.key belong together");
  }
  if (!receiver.tls.verify) {
    reading.warning(reading.place_of(path + ".tls.verify"),
                    "receiver '" + receiver.name + "' accepts any certificate");
  }
  const bool may_be_plain = receiver.starttls != StartTls::kRequired;
  if (receiver.type == ReceiverType::kEmail && may_be_plain && !receiver.password.empty()) {
    reading.warning(reading.place_of(path + ".starttls"),
                    "receiver '" + receiver.name + "' may send its password unencrypted");
  }
}

// Of presets and rules; the agent's own and the host's are told by how they begin.
std::vector<std::string> known_metrics(const Config& config) {
  std::vector<std::string> names;
  std::vector<std::string> presets = config.metrics.presets;
  for (const auto& [source, own] : config.metrics.presets_by_source) {
    presets.insert(presets.end(), own.begin(), own.end());
  }
  for (const std::string& preset : presets) {
    const auto loaded = load_preset(preset);
    if (!loaded) continue;
    for (const MetricRule& rule : loaded->rules) names.push_back(rule.name);
  }
  for (const MetricRule& rule : config.metrics.rules) names.push_back(rule.name);
  return names;
}

bool is_known(const std::string& metric, const std::vector<std::string>& names) {
  if (metric.starts_with("sawlog_") || metric.starts_with("node_")) return true;
  for (const std::string_view part : {"", "_sum", "_count"}) {
    if (!metric.ends_with(part)) continue;
    const std::string name = metric.substr(0, metric.size() - part.size());
    if (std::ranges::find(names, name) != names.end()) return true;
  }
  return false;
}

void check_metrics(const AlertRule& rule, const std::vector<std::string>& names, Reading& reading) {
  const auto condition = parsers::FigureCondition::compile(rule.condition);
  if (!condition) return;  // the reader says so
  for (const parsers::FigureSelection& selection : condition->selections()) {
    if (is_known(selection.metric, names)) continue;
    reading.warning(rule.condition_place, "no preset and no rule makes a metric '" +
                                              selection.metric + "'" +
                                              did_you_mean(selection.metric, names));
  }
}

}  // namespace

void complete_alerts(AlertsConfig& alerts) {
  for (ReceiverConfig& receiver : alerts.receivers) {
    const bool is_address = receiver.username.find('@') != std::string::npos;
    if (receiver.from.empty() && is_address) receiver.from = receiver.username;
  }
}

void check_alerts(const Config& config, Reading& reading) {
  const AlertsConfig& alerts = config.alerts;
  check_names(alerts.rules, "rule", reading);
  check_names(alerts.receivers, "receiver", reading);
  check_labels(alerts.labels, reading.place_of("alerts.labels"), reading);
  const std::vector<std::string> metrics = known_metrics(config);
  for (const AlertRule& rule : alerts.rules) {
    check_labels(rule.labels, rule.place, reading);
    check_metrics(rule, metrics, reading);
  }
  for (const ReceiverConfig& receiver : alerts.receivers) check_receiver(receiver, reading);
  const Place place = reading.place_of("alerts");
  if (alerts.rules.size() > kRulesMax) reading.mistake(place, "more than 500 rules");
  if (alerts.rules.empty() && !alerts.receivers.empty()) {
    reading.warning(place, "there are receivers of alerts, but no rules");
  }
  if (!alerts.rules.empty() && alerts.receivers.empty()) {
    reading.warning(place, "alerts have no receivers: only /status and /metrics show them");
  }
}

}  // namespace sawlog::config
