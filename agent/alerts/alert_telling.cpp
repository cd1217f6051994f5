#include "agent/alerts/alert_telling.h"

namespace sawlog::agent {

using parsers::FigureLabels;

size_t AlertMessage::firing_count() const {
  size_t count = 0;
  for (const Group& group : groups) count += group.firing.size();
  return count;
}

size_t AlertMessage::resolved_count() const {
  size_t count = 0;
  for (const Group& group : groups) count += group.resolved.size();
  return count;
}

AlertTelling::AlertTelling(const config::AlertsConfig& alerts,
                           const config::ReceiverConfig& receiver)
    : group_by_(alerts.group_by),
      group_wait_ns_(alerts.group_wait_ns),
      group_interval_ns_(alerts.group_interval_ns),
      repeat_interval_ns_(alerts.repeat_interval_ns),
      severities_(receiver.severities),
      tells_resolved_(receiver.send_resolved) {
  std::ranges::sort(group_by_);
  if (receiver.type != config::ReceiverType::kAlertmanager) return;
  group_by_.clear();
  group_wait_ns_ = 0;
  group_interval_ns_ = 0;
  repeat_interval_ns_ = kRefreshNs;
  tells_resolved_ = true;
}

bool AlertTelling::is_wanted(const Alert& alert) const {
  return alert.is_firing() &&
         (severities_.empty() ||
          std::ranges::find(severities_, alert.label("severity")) != severities_.end());
}

FigureLabels AlertTelling::group_of(const Alert& alert) const {
  FigureLabels labels;
  for (const std::string& name : group_by_) labels.emplace_back(name, alert.label(name));
  return labels;
}

// Ends that nobody wants to hear of, or that are silenced, count as told.
void AlertTelling::drop_untold_ends(const AlertBook& book, int64_t now_unix_ns) {
  for (auto& [labels, told] : told_) {
    told.last_unix_ns = std::min(told.last_unix_ns, now_unix_ns);  // the clock may go back
    std::erase_if(told.alerts, [&](const auto& entry) {
      const auto now = book.alerts().find(entry.first);
      if (now != book.alerts().end() && now->second.is_firing()) return false;
      return !tells_resolved_ || book.is_silenced(entry.second, now_unix_ns);
    });
  }
  std::erase_if(told_, [](const auto& entry) { return entry.second.alerts.empty(); });
}

AlertTelling::Groups AlertTelling::groups_now(const AlertBook& book, int64_t now_unix_ns) {
  drop_untold_ends(book, now_unix_ns);
  Groups groups;
  for (const auto& [labels, alert] : book.alerts()) {
    if (!is_wanted(alert) || book.is_silenced(alert, now_unix_ns)) continue;
    const FigureLabels key = group_of(alert);
    State& state = groups[key];
    state.firing.push_back(&alert);
    const auto told = told_.find(key);
    if (told == told_.end() || !told->second.alerts.contains(labels)) {
      state.first_new_unix_ns = std::min(state.first_new_unix_ns, alert.firing_unix_ns);
    }
  }
  for (const auto& [key, told] : told_) {
    for (const auto& [labels, alert] : told.alerts) {
      const auto now = book.alerts().find(labels);
      if (now != book.alerts().end() && now->second.is_firing()) continue;
      groups[key].has_resolved = true;
    }
  }
  return groups;
}

int64_t AlertTelling::due_unix_ns(const FigureLabels& labels, const State& state) const {
  const auto told = told_.find(labels);
  if (told == told_.end()) return state.first_new_unix_ns + group_wait_ns_;
  const bool has_changed = state.has_resolved || state.first_new_unix_ns != INT64_MAX;
  return told->second.last_unix_ns + (has_changed ? group_interval_ns_ : repeat_interval_ns_);
}

AlertMessage::Group AlertTelling::group(const FigureLabels& labels, const State& state,
                                        const AlertBook& book, int64_t now_unix_ns) const {
  AlertMessage::Group group{labels, {}, {}};
  for (const Alert* alert : state.firing) group.firing.push_back(*alert);
  const auto told = told_.find(labels);
  if (told == told_.end()) return group;
  for (const auto& [known, alert] : told->second.alerts) {
    const auto now = book.alerts().find(known);
    if (now != book.alerts().end() && now->second.is_firing()) continue;
    group.resolved.push_back(alert);
    group.resolved.back().resolved_unix_ns = now_unix_ns;
  }
  return group;
}

std::optional<AlertMessage> AlertTelling::due(const AlertBook& book, int64_t now_unix_ns) {
  const Groups groups = groups_now(book, now_unix_ns);
  std::vector<const Groups::value_type*> due_groups;
  next_due_unix_ns_ = INT64_MAX;
  for (const auto& entry : groups) {
    const int64_t due = due_unix_ns(entry.first, entry.second);
    if (due <= now_unix_ns) {
      due_groups.push_back(&entry);
    } else {
      next_due_unix_ns_ = std::min(next_due_unix_ns_, due);
    }
  }
  if (due_groups.empty()) return std::nullopt;
  const bool is_storm = due_groups.size() > kGroupsMax;
  AlertMessage message;
  message.made_unix_ns = now_unix_ns;
  for (const auto* entry : due_groups) {
    message.groups.push_back(group(entry->first, entry->second, book, now_unix_ns));
    if (!is_storm) break;  // the others are due right after it
  }
  return message;
}

void AlertTelling::told(const AlertMessage& message, int64_t now_unix_ns) {
  for (const AlertMessage::Group& group : message.groups) {
    Told& told = told_[group.labels];
    told.last_unix_ns = now_unix_ns;
    for (const Alert& alert : group.resolved) told.alerts.erase(alert.labels);
    for (const Alert& alert : group.firing) told.alerts.insert_or_assign(alert.labels, alert);
    if (told.alerts.empty()) told_.erase(group.labels);
  }
}

void AlertTelling::save(ByteWriter& writer) const {
  writer.number<uint64_t>(told_.size());
  for (const auto& [labels, told] : told_) {
    save_labels(labels, writer);
    writer.number(told.last_unix_ns);
    writer.number<uint64_t>(told.alerts.size());
    for (const auto& [known, alert] : told.alerts) save_alert(alert, writer);
  }
}

bool AlertTelling::restore(ByteReader& reader) {
  const auto groups = reader.number<uint64_t>();
  for (uint64_t i = 0; i < groups && i < AlertBook::kAlertsMax && reader.is_ok(); ++i) {
    (void)restore_labels(reader);  // group_by may be another one now
    const auto last_unix_ns = reader.number<int64_t>();
    const auto alerts = reader.number<uint64_t>();
    for (uint64_t each = 0; each < alerts && each < AlertBook::kAlertsMax && reader.is_ok();
         ++each) {
      Alert alert = restore_alert(reader);
      Told& told = told_[group_of(alert)];
      told.last_unix_ns = std::max(told.last_unix_ns, last_unix_ns);
      FigureLabels labels = alert.labels;
      told.alerts.insert_or_assign(std::move(labels), std::move(alert));
    }
  }
  return reader.is_ok();
}

}  // namespace sawlog::agent
