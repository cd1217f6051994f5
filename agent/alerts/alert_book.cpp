#include "agent/alerts/alert_book.h"

namespace sawlog::agent {

void AlertBook::update(const WatchedRule& rule, const std::optional<parsers::FigureValues>& values,
                       int64_t now_unix_ns) {
  if (!values) return;
  std::set<parsers::FigureLabels> seen;
  for (const auto& [labels, value] : *values) {
    Alert alert = rule.alert(labels, value, common_);
    seen.insert(alert.labels);
    update_one(rule, std::move(alert), now_unix_ns);
  }
  changes_ += std::erase_if(alerts_, [&](const auto& entry) {
    return entry.second.rule == rule.rule().name && !seen.contains(entry.first);
  });
}

void AlertBook::update_one(const WatchedRule& rule, Alert alert, int64_t now_unix_ns) {
  const auto known = alerts_.find(alert.labels);
  if (known == alerts_.end() && alerts_.size() == kAlertsMax) {
    ++left_out_;
    return;
  }
  if (known != alerts_.end()) {
    alert.active_unix_ns = std::min(known->second.active_unix_ns, now_unix_ns);
    alert.firing_unix_ns = std::min(known->second.firing_unix_ns, now_unix_ns);
  } else {
    alert.active_unix_ns = now_unix_ns;
    ++changes_;
  }
  if (!alert.is_firing() && now_unix_ns - alert.active_unix_ns >= rule.rule().for_ns) {
    alert.firing_unix_ns = now_unix_ns;
    ++changes_;
  }
  parsers::FigureLabels labels = alert.labels;
  alerts_.insert_or_assign(std::move(labels), std::move(alert));
}

void AlertBook::keep_only(const std::set<std::string>& rules) {
  changes_ +=
      std::erase_if(alerts_, [&](const auto& entry) { return !rules.contains(entry.second.rule); });
}

base::Expected<void> AlertBook::silence(Silence silence, int64_t now_unix_ns) {
  std::ranges::sort(silence.match);
  std::erase_if(silences_, [&](const Silence& known) { return known.match == silence.match; });
  ++changes_;
  if (silence.until_unix_ns <= now_unix_ns) return {};
  if (silences_.size() == kSilencesMax) {
    return base::unexpected(base::ErrorCode::kInvalid, "there are 100 silences already");
  }
  silences_.push_back(std::move(silence));
  return {};
}

bool AlertBook::is_silenced(const Alert& alert, int64_t now_unix_ns) const {
  return std::ranges::any_of(silences_, [&](const Silence& silence) {
    return silence.until_unix_ns > now_unix_ns && silence.covers(alert);
  });
}

void AlertBook::end_silences(int64_t now_unix_ns) {
  changes_ += std::erase_if(silences_, [now_unix_ns](const Silence& silence) {
    return silence.until_unix_ns <= now_unix_ns;
  });
}

void save_alert(const Alert& alert, ByteWriter& writer) {
  writer.text(alert.rule);
  save_labels(alert.labels, writer);
  writer.number(alert.value);
  writer.number(alert.active_unix_ns);
  writer.number(alert.firing_unix_ns);
  writer.text(alert.summary);
  writer.text(alert.description);
}

Alert restore_alert(ByteReader& reader) {
  Alert alert;
  alert.rule = reader.text();
  alert.labels = restore_labels(reader);
  alert.value = reader.number<double>();
  alert.active_unix_ns = reader.number<int64_t>();
  alert.firing_unix_ns = reader.number<int64_t>();
  alert.summary = reader.text();
  alert.description = reader.text();
  return alert;
}

void AlertBook::save(ByteWriter& writer) const {
  writer.number<uint64_t>(alerts_.size());
  for (const auto& [labels, alert] : alerts_) save_alert(alert, writer);
  writer.number<uint64_t>(silences_.size());
  for (const Silence& silence : silences_) {
    save_labels(silence.match, writer);
    writer.number(silence.until_unix_ns);
    writer.text(silence.comment);
  }
}

bool AlertBook::restore(ByteReader& reader) {
  const auto alerts = reader.number<uint64_t>();
  for (uint64_t i = 0; i < alerts && i < kAlertsMax && reader.is_ok(); ++i) {
    Alert alert = restore_alert(reader);
    parsers::FigureLabels labels = alert.labels;
    alerts_.insert_or_assign(std::move(labels), std::move(alert));
  }
  const auto silences = reader.number<uint64_t>();
  for (uint64_t i = 0; i < silences && i < kSilencesMax && reader.is_ok(); ++i) {
    Silence silence;
    silence.match = restore_labels(reader);
    silence.until_unix_ns = reader.number<int64_t>();
    silence.comment = reader.text();
    silences_.push_back(std::move(silence));
  }
  return reader.is_ok();
}

}  // namespace sawlog::agent
