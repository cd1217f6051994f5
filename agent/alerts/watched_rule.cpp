#include "agent/alerts/watched_rule.h"

#include <array>
#include <charconv>

namespace sawlog::agent {
namespace {

using Function = parsers::FigureSelection::Function;

void set_label(parsers::FigureLabels& labels, std::string_view name, std::string_view value) {
  const auto found = std::ranges::find(labels, name, &std::pair<std::string, std::string>::first);
  if (found == labels.end()) {
    labels.emplace_back(name, value);
  } else {
    found->second = value;
  }
}

// The text with {value} and {LABEL} filled in; what is no label stays as it stands.
std::string filled_in(const std::string& text, const Alert& alert) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t open = text.find('{', at);
    const size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) return out + text.substr(at);
    out += text.substr(at, open - at);
    const std::string_view name = std::string_view(text).substr(open + 1, close - open - 1);
    const bool is_label = std::ranges::any_of(
        alert.labels, [name](const auto& label) { return label.first == name; });
    if (name == "value") {
      out += shown_number(alert.value);
    } else if (is_label) {
      out += alert.label(name);
    } else {
      out += text.substr(open, close + 1 - open);
    }
    at = close + 1;
  }
  return out;
}

}  // namespace

base::Expected<WatchedRule> WatchedRule::create(const config::AlertRule& rule,
                                                HistoryBudget& budget) {
  auto condition = parsers::FigureCondition::compile(rule.condition);
  if (!condition) return tl::unexpected(condition.error());
  WatchedRule watched(rule, std::move(*condition));
  for (const parsers::FigureSelection& selection : watched.condition_.selections()) {
    const bool has_window = selection.function != Function::kValue;
    watched.windows_.push_back(has_window ? std::optional(FigureWindow(selection, budget))
                                          : std::nullopt);
  }
  return watched;
}

std::optional<parsers::FigureValues> WatchedRule::look(const Figures& figures,
                                                       int64_t now_unix_ns) {
  std::vector<parsers::FigureValues> values;
  bool is_known = true;
  for (size_t i = 0; i < windows_.size(); ++i) {
    const FigureTotals totals = add_up(figures, condition_.selections()[i], condition_.by());
    left_out_ += totals.left_out;
    parsers::FigureValues& value = values.emplace_back();
    if (!windows_[i]) {
      for (const auto& [labels, total] : totals.by_labels) value.emplace(labels, total.value);
    } else if (auto looked = windows_[i]->look(totals, now_unix_ns)) {
      value = std::move(*looked);
    } else {
      is_known = false;
    }
  }
  if (!is_known) return std::nullopt;
  return condition_.evaluate(values);
}

Alert WatchedRule::alert(const parsers::FigureLabels& labels, double value,
                         const config::Labels& common) const {
  Alert alert;
  alert.rule = rule_.name;
  alert.value = value;
  for (const auto& [name, text] : common) set_label(alert.labels, name, text);
  for (const auto& [name, text] : rule_.labels) set_label(alert.labels, name, text);
  for (const auto& [name, text] : labels) set_label(alert.labels, name, text);
  set_label(alert.labels, "alertname", rule_.name);
  set_label(alert.labels, "severity", rule_.severity);
  std::ranges::sort(alert.labels);
  const std::string plain = rule_.condition + " (now " + shown_number(value) + ")";
  alert.summary = rule_.summary.empty() ? plain : filled_in(rule_.summary, alert);
  alert.description = filled_in(rule_.description, alert);
  return alert;
}

void WatchedRule::save(ByteWriter& writer) const {
  for (const auto& window : windows_) {
    if (window) window->save(writer);
  }
}

bool WatchedRule::restore(ByteReader& reader) {
  for (auto& window : windows_) {
    if (window && !window->restore(reader)) return false;
  }
  return reader.is_ok();
}

std::string shown_number(double value) {
  std::array<char, 32> text;
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 6);
  return {text.data(), end};
}

}  // namespace sawlog::agent
