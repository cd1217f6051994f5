#include "agent/report/tally.h"

#include <algorithm>
#include <tuple>

#include "agent/metrics/label_key.h"
#include "agent/metrics/route_form.h"
#include "agent/report/message_form.h"
#include "config/presets.h"

namespace sawlog::agent {

namespace {

constexpr size_t kNameBytesMax = 200;
constexpr double kServerError = 500;
constexpr size_t kStatusesMax = 100;

bool is_error_outcome(std::string_view outcome) {
  return outcome == "error" || outcome == "failed" || outcome == "failure";
}

// What a value adds to a sum: its number, and 1 for what is true or a hit.
std::optional<double> summand(const parsers::Value& value) {
  if (!value.is_present()) return std::nullopt;
  if (value.kind == parsers::ValueKind::kBool) return value.number;
  if (const double number = value.as_number(); !std::isnan(number)) return number;
  if (value.kind != parsers::ValueKind::kString) return std::nullopt;
  return value.text == "hit" || value.text == "true" ? 1 : 0;
}

// The slowest first; a total order, so that it does not matter which thread met which.
bool is_slower(const SlowRecord& a, const SlowRecord& b) {
  return std::tie(b.duration_ns, a.time_unix_ns, a.name, a.trace_id) <
         std::tie(a.duration_ns, b.time_unix_ns, b.name, b.trace_id);
}

}  // namespace

void Group::merge(const Group& other) {
  count += other.count;
  failed += other.failed;
  latency.merge(other.latency);
  timeline.merge(other.timeline);
  for (size_t i = 0; i < sums.size(); ++i) {
    sums[i] += other.sums[i];
    summed[i] += other.summed[i];
  }
}

void ErrorGroup::merge(const ErrorGroup& other) {
  count += other.count;
  first_unix_ns = std::min(first_unix_ns, other.first_unix_ns);
  last_unix_ns = std::max(last_unix_ns, other.last_unix_ns);
  // The same whatever the order of the merges.
  service = std::max(service, other.service);
  logger = std::max(logger, other.logger);
}

// --- what is wanted of a record ------------------------------------------------------------------

base::Expected<Tally> Tally::create(uint8_t profiles) {
  Tally tally;
  tally.event_name_ = tally.want("event.name");
  tally.duration_ = tally.want("event.duration");
  tally.status_ = tally.want("http.response.status_code");
  tally.route_ = tally.want("http.route");
  tally.outcome_ = tally.want("outcome");
  tally.error_type_ = tally.want("error.type");
  tally.error_message_ = tally.want("error.message");
  tally.message_ = tally.want("message");
  tally.trace_id_ = tally.want("trace_id");
  tally.logger_ = tally.want("log.logger");
  tally.service_ = tally.want("service.name");
  for (const ReportKind& kind : report_kinds()) {
    KindFields fields;
    for (const std::string_view name : kind.key_fields) {
      if (!name.empty()) fields.keys[fields.key_count++] = tally.want(name);
    }
    size_t sum = 0;
    for (const SumKind& used : used_sums(kind)) fields.sums[sum++] = tally.want(used.field);
    tally.kinds_.push_back(fields);
  }
  tally.groups_ = std::vector<Groups>(report_kinds().size());
  if (auto learned = tally.learn_events(profiles); !learned) return tl::unexpected(learned.error());
  tally.reader_ = std::make_unique<parsers::RecordReader>(tally.wanted_, parsers::Purpose::kFields);
  return tally;
}

parsers::FieldIndex Tally::want(std::string_view name) {
  const auto found = std::ranges::find(wanted_, name);
  const auto index = static_cast<parsers::FieldIndex>(found - wanted_.begin());
  if (found == wanted_.end()) wanted_.emplace_back(name);
  return index;
}

// An event is known by its name, or else by the fields that the presets say it has.
base::Expected<void> Tally::learn_events(uint8_t profiles) {
  for (size_t kind = 0; kind < report_kinds().size(); ++kind) {
    const ReportKind& info = report_kinds()[kind];
    const bool is_wanted = profiles == 0 || (info.profiles & profiles) != 0;
    shapes_.push_back(
        {std::string(info.event), {}, is_wanted ? std::optional(kind) : std::nullopt});
  }
  for (const std::string& name : config::preset_names()) {
    const auto preset = config::load_preset(name);
    if (!preset) return tl::unexpected(preset.error());
    for (const config::EventShape& event : preset->events) {
      auto shape = std::ranges::find(shapes_, event.name, &EventShape::name);
      if (shape == shapes_.end()) shape = shapes_.insert(shape, {event.name, {}, std::nullopt});
      for (const std::string& field : event.fields) shape->fields.push_back(want(field));
    }
  }
  return {};
}

// --- counting ------------------------------------------------------------------------------------

void Tally::add(const parsers::Chunk& chunk) {
  reader_->start(chunk);
  while (const parsers::Record* record = reader_->next()) count(*record);
}

void Tally::count(const parsers::Record& record) {
  ++line_count_;
  const auto level = static_cast<size_t>(record.level());
  ++level_counts_[level];
  const auto time = record.own_time_unix_ns();
  if (time) {
    first_unix_ns_ = std::min(first_unix_ns_, *time);
    last_unix_ns_ = std::max(last_unix_ns_, *time);
    levels_[level].add(*time, {.count = 1});
  } else {
    ++timeless_count_;
  }
  if (record.shape() != parsers::Shape::kJson) {
    ++not_json_count_;
  } else if (const EventShape* shape = shape_of(record); shape != nullptr && shape->kind) {
    count_event(*shape->kind, record);
  }
  if (record.level() >= parsers::Level::kError || record[error_type_].is_present()) {
    count_error(record);
  }
}

const Tally::EventShape* Tally::shape_of(const parsers::Record& record) const {
  const parsers::Value& name = record[event_name_];
  for (const EventShape& shape : shapes_) {
    const bool is_it =
        name.is_present()
            ? name.text == shape.name
            : !shape.fields.empty() &&
                  std::ranges::all_of(shape.fields, [&record](parsers::FieldIndex field) {
                    return record[field].is_present();
                  });
    if (is_it) return &shape;
  }
  return nullptr;
}

void Tally::count_event(size_t kind, const parsers::Record& record) {
  const ReportKind& info = report_kinds()[kind];
  const KindFields& fields = kinds_[kind];
  make_name(fields, record);
  Group& of_name = group(kind, name_);
  ++of_name.count;
  const bool is_failed = has_failed(info, record);
  if (is_failed) ++of_name.failed;
  Timeline::Slot slot{.count = 1, .failed = is_failed ? uint64_t{1} : 0};
  if (const double given_ns = record[duration_].as_number(); !std::isnan(given_ns)) {
    const auto duration_ns =
        static_cast<int64_t>(std::clamp(given_ns, 0.0, static_cast<double>(int64_t{1} << 62)));
    of_name.latency.add(duration_ns);
    slot.timed = 1;
    slot.duration_ns = static_cast<double>(duration_ns);
    note_slow(kind, record, duration_ns);
  }
  if (const auto time = record.own_time_unix_ns()) of_name.timeline.add(*time, slot);
  for (size_t i = 0; i < used_sums(info).size(); ++i) {
    if (const auto value = summand(record[fields.sums[i]])) {
      of_name.sums[i] += *value;
      ++of_name.summed[i];
    }
  }
  if (info.failure != FailureRule::kStatus) return;
  const std::string_view status = record[status_].text;
  if (const auto found = statuses_.find(std::string(status)); found != statuses_.end()) {
    ++found->second;
  } else {
    ++statuses_[statuses_.size() < kStatusesMax ? std::string(cut_to(status, kNameBytesMax))
                                                : std::string(kOtherName)];
  }
}

void Tally::make_name(const KindFields& fields, const parsers::Record& record) {
  name_.clear();
  for (size_t i = 0; i < fields.key_count; ++i) {
    const parsers::FieldIndex field = fields.keys[i];
    std::string_view text = record[field].is_present() ? record[field].text : "";
    if (field == route_) text = route_of(text, route_buffer_);
    if (i > 0) name_ += ' ';
    name_ += cut_to(text.empty() ? "-" : text, kNameBytesMax);
  }
}

bool Tally::has_failed(const ReportKind& kind, const parsers::Record& record) const {
  switch (kind.failure) {
    case FailureRule::kNone:
      return false;
    case FailureRule::kStatus:
      return record[status_].as_number() >= kServerError;
    case FailureRule::kOutcome:
      return record[error_type_].is_present() || is_error_outcome(record[outcome_].text);
  }
  return false;
}

Group& Tally::group(size_t kind, std::string_view name) {
  Groups& of_kind = groups_[kind];
  uint32_t index = of_kind.names.find(name);
  if (index == SeriesTable::kNone && of_kind.groups.size() >= kGroupsMax) {
    name = kOtherName;
    index = of_kind.names.find(name);
  }
  if (index == SeriesTable::kNone) {
    index = of_kind.names.insert(name);
    of_kind.groups.emplace_back();
  }
  return of_kind.groups[index];
}

void Tally::count_error(const parsers::Record& record) {
  const parsers::Value& own = record[error_message_];
  const std::string_view message = own.is_present() ? own.text : record[message_].text;
  ErrorGroup& group =
      error({std::string(cut_to(record[error_type_].text, kNameBytesMax)), message_form(message)});
  ErrorGroup one;
  one.count = 1;
  if (const auto time = record.own_time_unix_ns()) one.first_unix_ns = one.last_unix_ns = *time;
  one.service = cut_to(record[service_].text, kNameBytesMax);
  one.logger = cut_to(record[logger_].text, kNameBytesMax);
  group.merge(one);
}

ErrorGroup& Tally::error(ErrorKey key) {
  const auto found = errors_.find(key);
  if (found != errors_.end()) return found->second;
  if (errors_.size() >= kErrorsMax) return errors_[{std::string(kOtherName), {}}];
  return errors_[std::move(key)];
}

void Tally::note_slow(size_t kind, const parsers::Record& record, int64_t duration_ns) {
  if (slowest_.size() == kSlowestMax && duration_ns < slowest_.front().duration_ns) return;
  add_slow({duration_ns, record.own_time_unix_ns().value_or(0), kind, name_,
            std::string(cut_to(record[trace_id_].text, kNameBytesMax))});
}

void Tally::add_slow(SlowRecord record) {
  slowest_.push_back(std::move(record));
  std::ranges::push_heap(slowest_, is_slower);
  if (slowest_.size() <= kSlowestMax) return;
  std::ranges::pop_heap(slowest_, is_slower);
  slowest_.pop_back();
}

// --- all together --------------------------------------------------------------------------------

void Tally::merge(const Tally& other) {
  line_count_ += other.line_count_;
  not_json_count_ += other.not_json_count_;
  timeless_count_ += other.timeless_count_;
  first_unix_ns_ = std::min(first_unix_ns_, other.first_unix_ns_);
  last_unix_ns_ = std::max(last_unix_ns_, other.last_unix_ns_);
  for (size_t i = 0; i < kLevels; ++i) {
    levels_[i].merge(other.levels_[i]);
    level_counts_[i] += other.level_counts_[i];
  }
  for (const auto& [status, count] : other.statuses_) statuses_[status] += count;
  for (const auto& [key, group] : other.errors_) error(key).merge(group);
  for (const SlowRecord& record : other.slowest_) add_slow(record);
  for (size_t kind = 0; kind < groups_.size(); ++kind) {
    for (const NamedGroup& named : other.groups(kind)) {
      group(kind, named.name).merge(*named.group);
    }
  }
}

std::optional<int64_t> Tally::first_unix_ns() const {
  if (first_unix_ns_ > last_unix_ns_) return std::nullopt;
  return first_unix_ns_;
}

std::optional<int64_t> Tally::last_unix_ns() const {
  if (first_unix_ns_ > last_unix_ns_) return std::nullopt;
  return last_unix_ns_;
}

std::vector<SlowRecord> Tally::slowest() const {
  std::vector<SlowRecord> slowest = slowest_;
  std::ranges::sort(slowest, is_slower);
  return slowest;
}

std::vector<Tally::NamedGroup> Tally::groups(size_t kind) const {
  std::vector<NamedGroup> all;
  for (uint32_t i = 0; i < groups_[kind].names.size(); ++i) {
    all.push_back({groups_[kind].names.key(i), &groups_[kind].groups[i]});
  }
  return all;
}

}  // namespace sawlog::agent
