#include "agent/alerts/alert_message.h"

#include "agent/json_object.h"
#include "lib/base/json_encode.h"

namespace sawlog::agent {
namespace {

using parsers::FigureLabels;

// "critical" is worse than "warning", which is worse than anything else.
std::string_view worst_severity(const AlertMessage& message) {
  std::string_view worst;
  const auto rank = [](std::string_view severity) {
    return severity == "critical" ? 2 : severity == "warning" ? 1 : 0;
  };
  for (const auto& group : message.groups) {
    for (const Alert& alert : group.firing) {
      const std::string_view severity = alert.label("severity");
      if (worst.empty() || rank(severity) > rank(worst)) worst = severity;
    }
  }
  return worst;
}

std::string group_name(const AlertMessage& message) {
  if (message.groups.size() != 1) return std::to_string(message.groups.size()) + " groups";
  std::string name;
  for (const auto& [label, value] : message.groups[0].labels) {
    if (!value.empty()) name += (name.empty() ? "" : " ") + value;
  }
  return name.empty() ? "alerts" : name;
}

std::string one_line(std::string text) {
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) letter = ' ';
  }
  return text;
}

void append_indented(std::string& out, const std::string& text, std::string_view indent) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out.append(indent).append(text, at, end - at).append("\n");
    at = end + 1;
  }
}

std::string shown_labels(const FigureLabels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ' ';
    out += name;
    out += '=';
    base::append_json_string(out, value);
  }
  return out;
}

void append_alert(std::string& out, const Alert& alert) {
  append_indented(out, alert.rule + ": " + alert.summary, "* ");
  append_indented(out, alert.description, "  ");
  out += "  since ";
  base::append_rfc3339(out, alert.active_unix_ns);
  out += "\n  " + shown_labels(alert.labels) + "\n";
}

// Of firing or resolved alerts of all groups; counts down what may still be named.
void append_alerts(std::string& out, const AlertMessage& message, bool firing, size_t& lines_left) {
  size_t more = 0;
  const size_t count = firing ? message.firing_count() : message.resolved_count();
  if (count == 0) return;
  out += (firing ? "Firing: " : "Resolved: ") + std::to_string(count) + "\n\n";
  for (const auto& group : message.groups) {
    for (const Alert& alert : firing ? group.firing : group.resolved) {
      if (lines_left == 0) {
        ++more;
        continue;
      }
      --lines_left;
      append_alert(out, alert);
    }
  }
  if (more > 0) out += "… and " + std::to_string(more) + " more\n";
  out += '\n';
}

std::string slack_escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '&') {
      out += "&amp;";
    } else if (letter == '<') {
      out += "&lt;";
    } else if (letter == '>') {
      out += "&gt;";
    } else {
      out += letter;
    }
  }
  return out;
}

void append_time(std::string& out, int64_t unix_ns) {
  out += '"';
  base::append_rfc3339(out, unix_ns);
  out += '"';
}

void append_labels(std::string& out, const FigureLabels& labels) {
  JsonObject object(out);
  for (const auto& [name, value] : labels) object.text(name, value);
}

void append_annotations(std::string& out, const Alert& alert) {
  JsonObject object(out);
  object.text("summary", alert.summary);
  if (!alert.description.empty()) object.text("description", alert.description);
}

struct ListedAlert {
  const Alert* alert;
  bool is_firing;
};

std::vector<ListedAlert> listed(const AlertMessage& message) {
  std::vector<ListedAlert> alerts;
  for (const auto& group : message.groups) {
    for (const Alert& alert : group.firing) alerts.push_back({&alert, true});
    for (const Alert& alert : group.resolved) alerts.push_back({&alert, false});
  }
  return alerts;
}

}  // namespace

std::string alert_title(const AlertMessage& message, const AlertForm& form) {
  const size_t firing = message.firing_count();
  std::string title = firing > 0 ? "[FIRING " + std::to_string(firing) + "] "
                                 : "[RESOLVED " + std::to_string(message.resolved_count()) + "] ";
  if (firing > 0) title.append(worst_severity(message)).append(" ");
  return one_line(title + group_name(message) + " (" + form.host + ")");
}

std::string alert_text(const AlertMessage& message, const AlertForm& form) {
  std::string out;
  size_t lines_left = form.lines_max;
  append_alerts(out, message, true, lines_left);
  append_alerts(out, message, false, lines_left);
  return out + "Sent by sawlog on " + form.host + "\n";
}

std::string slack_json(const AlertMessage& message, const AlertForm& form) {
  const bool fires = message.firing_count() > 0;
  const std::string title = slack_escaped(alert_title(message, form));
  const std::string_view color = !fires                                  ? "good"
                                 : worst_severity(message) == "critical" ? "danger"
                                                                         : "warning";
  std::string out;
  {
    JsonObject object(out);
    if (!form.channel.empty()) object.text("channel", form.channel);
    object.text("text", title);
    object.key("attachments") += '[';
    {
      JsonObject attachment(out);
      attachment.text("color", color);
      attachment.text("fallback", title);
      attachment.text("text", slack_escaped(alert_text(message, form)));
    }
    out += ']';
  }
  return out;
}

std::string webhook_json(const AlertMessage& message, const AlertForm& form) {
  std::vector<ListedAlert> alerts = listed(message);
  const size_t more = alerts.size() - std::min(alerts.size(), form.lines_max);
  alerts.resize(alerts.size() - more);
  std::string out;
  {
    JsonObject object(out);
    object.text("version", "4");
    object.text("receiver", form.receiver);
    object.text("status", message.firing_count() > 0 ? "firing" : "resolved");
    object.text("title", alert_title(message, form));
    object.number("truncatedAlerts", more);
    append_labels(object.key("groupLabels"),
                  message.groups.size() == 1 ? message.groups[0].labels : FigureLabels());
    append_array(object.key("alerts"), alerts, [&](const ListedAlert& one) {
      JsonObject alert(out);
      alert.text("status", one.is_firing ? "firing" : "resolved");
      append_labels(alert.key("labels"), one.alert->labels);
      append_annotations(alert.key("annotations"), *one.alert);
      base::append_double(alert.key("value"), one.alert->value);
      append_time(alert.key("startsAt"), one.alert->active_unix_ns);
      if (!one.is_firing) append_time(alert.key("endsAt"), one.alert->resolved_unix_ns);
    });
  }
  return out;
}

std::string alertmanager_json(const AlertMessage& message) {
  std::string out;
  append_array(out, listed(message), [&](const ListedAlert& one) {
    JsonObject alert(out);
    append_labels(alert.key("labels"), one.alert->labels);
    append_annotations(alert.key("annotations"), *one.alert);
    append_time(alert.key("startsAt"), one.alert->active_unix_ns);
    append_time(alert.key("endsAt"),
                one.is_firing ? message.made_unix_ns + kHeldNs : one.alert->resolved_unix_ns);
  });
  return out;
}

}  // namespace sawlog::agent
