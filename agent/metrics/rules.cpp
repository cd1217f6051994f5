#include "agent/metrics/rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "agent/metrics/route_form.h"

namespace sawlog::agent {
namespace {

using parsers::Value;
using parsers::ValueKind;

// A word with SeriesMemo::kSlackBytes behind it.
struct Word {
  constexpr explicit Word(std::string_view text) : size(text.size()) {
    text.copy(bytes.data(), bytes.size() - SeriesMemo::kSlackBytes);
  }
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
  std::array<char, 16 + SeriesMemo::kSlackBytes> bytes{};
  size_t size;
};
constexpr Word kSuccess("success");
constexpr Word kError("error");
constexpr Word kNothing("");
constexpr std::array kLevels = {Word(""),     Word("trace"), Word("debug"), Word("info"),
                                Word("warn"), Word("error"), Word("fatal")};

// A label is a scalar: what is absent, null, an object or an array is an empty label, which to
// Prometheus is the same as none.
std::string_view label_text(const Value& value) {
  const bool is_scalar =
      value.is_present() && value.kind != ValueKind::kObject && value.kind != ValueKind::kArray;
  return is_scalar ? value.text : kNothing.view();
}

constexpr std::array<std::string_view, 5> kSuccessWords = {"success", "succeeded", "ok",
                                                           "completed", "true"};
constexpr std::array<std::string_view, 4> kErrorWords = {"error", "failure", "failed", "false"};

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return std::ranges::equal(text, word, {}, lower); });
}

}  // namespace

void RuleSet::apply(const parsers::Record& record, int64_t now_unix_ns) {
  ++record_number_;
  run(events_.front(), record, now_unix_ns);
  if (Event* event = event_of(record)) run(*event, record, now_unix_ns);
}

RuleSet::Event* RuleSet::event_of(const parsers::Record& record) {
  const Value& name = record[event_name_];
  if (name.is_present()) return event_named(name.text);
  for (size_t i = 1; i < events_.size(); ++i) {
    Event& event = events_[i];
    const auto is_there = [&](parsers::FieldIndex field) { return record[field].is_present(); };
    if (!event.shape.empty() && std::ranges::all_of(event.shape, is_there)) return &event;
  }
  return nullptr;
}

// Services say the same again and again.
RuleSet::Event* RuleSet::event_named(std::string_view name) {
  if (last_named_ != 0 && events_[last_named_].name == name) return &events_[last_named_];
  for (size_t i = 1; i < events_.size(); ++i) {
    if (events_[i].name != name) continue;
    last_named_ = i;
    return &events_[i];
  }
  return nullptr;
}

void RuleSet::run(Event& event, const parsers::Record& record, int64_t now_unix_ns) {
  for (Rule& rule : event.rules) {
    if (rule.where && !rule.where->matches(record)) continue;
    const double value = rule.has_field ? value_of(rule, record) : rule.constant;
    if (std::isnan(value)) continue;
    rule.series = series_of(event, rule, record, now_unix_ns);
    rule.record_number = record_number_;
    run(rule, value, record);
  }
  for (const End& end : event.ends) {
    if (end.metric->has_open()) close(end, record);
  }
}

void RuleSet::run(const Rule& rule, double value, const parsers::Record& record) {
  switch (rule.action) {
    case Action::kAdd:
      rule.metric->add(rule.series, value);
      if (rule.metric->wants_exemplar()) note_exemplar(rule, 0, value, record);
      break;
    case Action::kSubtract:
      rule.metric->add(rule.series, -value);
      break;
    case Action::kSet:
      rule.metric->set(rule.series, value, record.time_unix_ns());
      break;
    case Action::kObserve: {
      const size_t bucket = rule.metric->observe(rule.series, value);
      if (rule.metric->wants_exemplar()) note_exemplar(rule, bucket, value, record);
      break;
    }
    case Action::kOpen:
      open(rule, record);
      break;
  }
}

// The overflow series has no labels that tell of others, and series() is to count what goes there.
uint32_t RuleSet::series_of(Event& event, Rule& rule, const parsers::Record& record,
                            int64_t now_unix_ns) {
  if (rule.leader == Rule::kNone) return find_series(rule, record, now_unix_ns);
  const Rule& leader = event.rules[rule.leader];
  if (leader.record_number != record_number_ || leader.series == leader.metric->overflow_series()) {
    return find_series(rule, record, now_unix_ns);
  }
  if (rule.by_leader.size() <= leader.series) {
    rule.by_leader.resize(2 * leader.series + 1, SeriesTable::kNone);
  }
  uint32_t& known = rule.by_leader[leader.series];
  if (known != SeriesTable::kNone) return known;
  const uint32_t found = find_series(rule, record, now_unix_ns);
  if (found != rule.metric->overflow_series()) known = found;
  return found;
}

uint32_t RuleSet::find_series(Rule& rule, const parsers::Record& record, int64_t now_unix_ns) {
  rule.memo.clear();
  for (const Label& label : rule.labels)
    rule.memo.append(label_value(label, record), label.source == LabelSource::kRoute);
  if (const uint32_t known = rule.memo.find(); known != SeriesMemo::kNone) return known;
  key_.clear();
  for (const Label& label : rule.labels) key_.append(label_value(label, record));
  const uint32_t series = rule.metric->series(key_.bytes(), now_unix_ns);
  if (series != rule.metric->overflow_series())
    rule.memo.note(series, rule.metric->key(series), rule.metric->series_count());
  return series;
}

// NaN for what does not count: what is no finite number, and what would make a counter go down.
inline double RuleSet::value_of(const Rule& rule, const parsers::Record& record) {
  const double value = record[rule.field].as_number() / rule.divisor;
  const bool counts = std::isfinite(value) && (value >= 0 || rule.may_be_negative);
  return counts ? value : std::numeric_limits<double>::quiet_NaN();
}

// A start without an id could never be told from others: it is not counted.
std::optional<OpenKey> RuleSet::open_key(uint64_t ended_by, const parsers::Record& record) const {
  const Value& span = record[span_id_];
  const std::string_view id = label_text(span.is_present() ? span : record[request_id_]);
  if (id.empty()) return std::nullopt;
  const XXH128_hash_t hash = XXH3_128bits_withSeed(id.data(), id.size(), ended_by);
  return OpenKey{hash.low64, hash.high64};
}

void RuleSet::open(const Rule& rule, const parsers::Record& record) const {
  const auto key = open_key(rule.ended_by, record);
  if (key) rule.metric->open(rule.series, *key, record.time_unix_ns());
}

void RuleSet::close(const End& end, const parsers::Record& record) const {
  if (const auto key = open_key(end.ended_by, record)) end.metric->close(*key);
}

void RuleSet::note_exemplar(const Rule& rule, size_t bucket, double value,
                            const parsers::Record& record) const {
  const Value& trace = record[trace_id_];
  if (trace.kind != ValueKind::kString) return;
  rule.metric->note_exemplar(rule.series, bucket, value, trace.text, record.time_unix_ns());
}

size_t RuleSet::memory_bytes() const {
  size_t bytes = 0;
  for (const Event& event : events_)
    for (const Rule& rule : event.rules)
      bytes += rule.memo.memory_bytes() + rule.by_leader.capacity() * sizeof(uint32_t);
  return bytes;
}

// --- labels ------------------------------------------------------------------------------------

std::string_view RuleSet::label_value(const Label& label, const parsers::Record& record) {
  std::string_view text;
  switch (label.source) {
    case LabelSource::kConstant:
      break;
    case LabelSource::kText:
      text = label_text(record[label.field]);
      break;
    case LabelSource::kRoute:
      text = route_text(routes_[label.route], record);
      break;
    case LabelSource::kLevel:
      text = kLevels[static_cast<size_t>(record.level())].view();
      break;
    case LabelSource::kOutcome:
      text = outcome_of(label, record);
      break;
  }
  return text.empty() ? label.default_text.view() : text;
}

std::string_view RuleSet::outcome_of(const Label& label, const parsers::Record& record) const {
  const std::string_view word = label_text(record[label.field]);
  if (word.empty()) return (record[error_type_].is_present() ? kError : kSuccess).view();
  if (is_one_of(word, kSuccessWords)) return kSuccess.view();
  if (is_one_of(word, kErrorWords)) return kError.view();
  return word;
}

std::string_view RuleSet::route_text(Route& route, const parsers::Record& record) {
  if (route.record_number != record_number_) {
    const std::span<char> shown(route.buffer.data(), route.buffer.size() - kRouteSlackBytes);
    route.text = route_of(label_text(record[route.field]), shown);
    route.record_number = record_number_;
  }
  return route.text;
}

}  // namespace sawlog::agent
