#include "agent/alerts/alerts.h"

#include "config/units.h"
#include "parsers/json_object.h"

namespace sawlog::agent {
namespace {

constexpr uint32_t kStateVersion = 1;
constexpr uint32_t kStateRecord = 1;
constexpr uint32_t kEndRecord = 2;  // behind it, so that damage is no torn end
constexpr int64_t kSaveIntervalNs = 60 * base::kNsPerSecond;  // of what is only history
constexpr int64_t kWaitMaxNs = base::kNsPerSecond;
constexpr int64_t kSilenceMaxNs = 365 * 86'400 * base::kNsPerSecond;
constexpr outputs::RetryOptions kRetry{.backoff_min_ns = base::kNsPerSecond,
                                       .backoff_max_ns = 300 * base::kNsPerSecond};

config::Labels common_labels(const AlertsOptions& options, const config::AlertsConfig& config) {
  config::Labels labels = options.labels;
  for (auto& [name, value] : labels) {  // Alertmanager takes no other names
    for (char& letter : name) {
      if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
    }
  }
  labels.emplace_back("instance", options.host);
  labels.insert(labels.end(), config.labels.begin(), config.labels.end());
  return labels;
}

}  // namespace

// --- building ------------------------------------------------------------------------------------

Alerts::Alerts(AlertsOptions options, const config::AlertsConfig& config, const base::Clock& clock)
    : options_(std::move(options)),
      config_(config),
      clock_(clock),
      book_(common_labels(options_, config_)) {}

base::Expected<std::unique_ptr<Alerts>> Alerts::open(const config::AlertsConfig& config,
                                                     AlertsOptions options,
                                                     base::Filesystem& filesystem,
                                                     const base::Clock& clock) {
  std::unique_ptr<Alerts> alerts(new Alerts(std::move(options), config, clock));
  if (auto built = alerts->build(filesystem); !built) return tl::unexpected(built.error());
  return alerts;
}

base::Expected<void> Alerts::build(base::Filesystem& filesystem) {
  for (const config::AlertRule& rule : config_.rules) {
    auto watched = WatchedRule::create(rule, budget_);
    if (!watched) return tl::unexpected(watched.error());
    rules_.push_back(std::move(*watched));
  }
  for (const config::ReceiverConfig& receiver : config_.receivers) {
    const auto seed = static_cast<uint64_t>(clock_.unix_ns()) + receivers_.size();
    receivers_.push_back({receiver, AlertTelling(config_, receiver), options_.channel(receiver),
                          outputs::Backoff(kRetry, seed)});
  }
  const std::string path = options_.state_dir + "/alerts";
  const auto found = filesystem.stat(path);
  auto opened = Journal::open(filesystem, path, JournalKind::kAlerts);
  if (!opened) return tl::unexpected(opened.error());
  journal_ = std::move(opened->journal);
  if (!opened->damage.empty()) options_.report("error", opened->damage);
  if (!opened->records.empty()) {
    restore(opened->records.front().payload);
  } else if (found && found->size_bytes > journal_->size_bytes()) {
    options_.report("error", "cannot read '" + path + "': it is cut; the alerts begin anew");
  }
  return {};
}

// --- state ---------------------------------------------------------------------------------------

std::string Alerts::encode() const {
  ByteWriter writer;
  writer.number(kStateVersion);
  writer.number<uint64_t>(rules_.size());
  for (const WatchedRule& rule : rules_) {
    ByteWriter one;
    rule.save(one);
    writer.text(rule.rule().name);
    writer.text(rule.rule().condition);
    writer.text(one.take());
  }
  book_.save(writer);
  writer.number<uint64_t>(receivers_.size());
  for (const Receiver& receiver : receivers_) {
    ByteWriter one;
    receiver.telling.save(one);
    writer.text(receiver.config.name);
    writer.text(one.take());
  }
  return writer.take();
}

bool Alerts::restore_parts(ByteReader& reader) {
  if (reader.number<uint32_t>() != kStateVersion) return false;
  const auto rules = reader.number<uint64_t>();
  for (uint64_t i = 0; i < rules && reader.is_ok(); ++i) {
    const std::string name = reader.text();
    const std::string condition = reader.text();
    const std::string state = reader.text();
    for (WatchedRule& rule : rules_) {
      if (rule.rule().name != name || rule.rule().condition != condition) continue;
      ByteReader one(state);
      if (!rule.restore(one)) return false;
    }
  }
  if (!book_.restore(reader)) return false;
  const auto receivers = reader.number<uint64_t>();
  for (uint64_t i = 0; i < receivers && reader.is_ok(); ++i) {
    const std::string name = reader.text();
    const std::string state = reader.text();
    for (Receiver& receiver : receivers_) {
      ByteReader one(state);
      if (receiver.config.name == name && !receiver.telling.restore(one)) return false;
    }
  }
  return reader.is_ok() && reader.at_end();
}

void Alerts::restore(const std::string& state) {
  ByteReader reader(state);
  if (restore_parts(reader)) {
    std::set<std::string> names;
    for (const WatchedRule& rule : rules_) names.insert(rule.rule().name);
    book_.keep_only(names);
    return;
  }
  options_.report("error", "cannot read the state of the alerts: they begin anew");
  budget_ = {};
  rules_.clear();
  for (const config::AlertRule& rule : config_.rules) {
    rules_.push_back(*WatchedRule::create(rule, budget_));
  }
  book_ = AlertBook(common_labels(options_, config_));
  for (Receiver& receiver : receivers_) receiver.telling = AlertTelling(config_, receiver.config);
}

void Alerts::save() {
  const std::lock_guard save_lock(save_mutex_);
  std::string state;
  {
    const std::lock_guard lock(mutex_);
    state = encode();
  }
  const auto saved = journal_->rewrite({{kStateRecord, std::move(state)}, {kEndRecord, ""}});
  const std::string error = saved ? "" : saved.error().message;
  if (error != save_error_ && !error.empty()) options_.report("error", error);
  save_error_ = error;
  saved_at_unix_ns_ = clock_.unix_ns();
}

void Alerts::save_if_due(uint64_t changes_before) {
  {
    const std::lock_guard save_lock(save_mutex_);
    const std::lock_guard lock(mutex_);
    const int64_t age_ns = clock_.unix_ns() - saved_at_unix_ns_;
    const bool is_old = age_ns < 0 || age_ns >= kSaveIntervalNs;
    if (book_.changes() == changes_before && !is_old && save_error_.empty()) return;
  }
  save();
}

// --- looking -------------------------------------------------------------------------------------

size_t Alerts::firing_count(const std::string& rule) const {
  return static_cast<size_t>(std::ranges::count_if(book_.alerts(), [&](const auto& entry) {
    return entry.second.rule == rule && entry.second.is_firing();
  }));
}

void Alerts::report_changes(const std::string& rule, size_t fired_before) {
  const size_t fires = firing_count(rule);
  if (fires > 0 && fired_before == 0) {
    options_.report("warn", "alert '" + rule + "' fires");
  } else if (fires == 0 && fired_before > 0) {
    options_.report("info", "alert '" + rule + "' is resolved");
  }
}

void Alerts::look() {
  const std::optional<Figures> figures = options_.figures();
  if (!figures) return;
  const int64_t now_unix_ns = clock_.unix_ns();
  uint64_t changes_before = 0;
  {
    const std::lock_guard lock(mutex_);
    changes_before = book_.changes();
    book_.end_silences(now_unix_ns);
    for (WatchedRule& rule : rules_) {
      const size_t fired_before = firing_count(rule.rule().name);
      book_.update(rule, rule.look(*figures, now_unix_ns), now_unix_ns);
      report_changes(rule.rule().name, fired_before);
    }
    ++looks_;
  }
  save_if_due(changes_before);
  for (const Receiver& receiver : receivers_) receiver.waker->wake();
}

void Alerts::run_looks() {
  while (!stops_.load(std::memory_order_acquire)) {
    const int64_t next_ns = clock_.monotonic_ns() + config_.interval_ns;
    look();
    while (!stops_.load(std::memory_order_acquire) && clock_.monotonic_ns() < next_ns) {
      waker_.wait(next_ns);
    }
  }
}

// --- sending -------------------------------------------------------------------------------------

int64_t Alerts::step(size_t index) {
  Receiver& receiver = receivers_[index];
  std::optional<AlertMessage> message;
  {
    const std::lock_guard lock(mutex_);
    const int64_t now_unix_ns = clock_.unix_ns();
    const int64_t retry_in_ns = receiver.retry_at_monotonic_ns - clock_.monotonic_ns();
    if (retry_in_ns > 0) return retry_in_ns;
    message = receiver.telling.due(book_, now_unix_ns);
    if (!message) return receiver.telling.next_due_unix_ns() - now_unix_ns;
  }
  const auto stops = [this] { return stops_.load(std::memory_order_acquire); };
  const auto sent = receiver.send(*message, stops);
  if (!sent && stops()) return 0;
  {
    const std::lock_guard lock(mutex_);
    settle(receiver, *message, sent);
    if (!sent) return receiver.retry_at_monotonic_ns - clock_.monotonic_ns();
  }
  save();
  return 0;
}

void Alerts::settle(Receiver& receiver, const AlertMessage& message,
                    const tl::expected<void, SendFailure>& sent) {
  const int64_t now_unix_ns = clock_.unix_ns();
  const std::string name = "receiver '" + receiver.config.name + "'";
  if (sent) {
    ++receiver.sent;
    receiver.telling.told(message, now_unix_ns);
    receiver.backoff.success();
    if (!receiver.failure.empty()) options_.report("info", name + " takes alerts again");
    receiver.failure.clear();
    return;
  }
  ++receiver.failed;
  const SendFailure& failure = sent.error();
  receiver.retry_at_monotonic_ns =
      clock_.monotonic_ns() + receiver.backoff.next_delay_ns(failure.retry_after, now_unix_ns);
  if (receiver.failure.empty()) {
    options_.report("error", "cannot send alerts to " + name + ": " + failure.reason);
  }
  receiver.failure = failure.reason;
}

void Alerts::run_sender(size_t index) {
  while (!stops_.load(std::memory_order_acquire)) {
    const int64_t wait_ns = std::clamp<int64_t>(step(index), 0, kWaitMaxNs);
    if (wait_ns > 0) receivers_[index].waker->wait(clock_.monotonic_ns() + wait_ns);
  }
}

std::vector<std::function<void()>> Alerts::loops() {
  std::vector<std::function<void()>> loops{[this] { run_looks(); }};
  for (size_t i = 0; i < receivers_.size(); ++i) {
    loops.emplace_back([this, i] { run_sender(i); });
  }
  return loops;
}

void Alerts::stop() {
  if (stops_.exchange(true, std::memory_order_acq_rel)) return;
  waker_.wake();
  for (const Receiver& receiver : receivers_) receiver.waker->wake();
  save();
}

// --- silences ------------------------------------------------------------------------------------

base::Expected<void> Alerts::silence(std::string_view json) {
  const auto wrong = [](const std::string& what) {
    return base::unexpected(base::ErrorCode::kInvalid, what);
  };
  const auto members = parsers::read_json_object(json);
  if (!members) return tl::unexpected(members.error());
  const auto* match = parsers::find_member(*members, "match");
  const auto* duration = parsers::find_member(*members, "duration");
  const auto* comment = parsers::find_member(*members, "comment");
  if (match == nullptr || match->members.empty()) {
    return wrong("'match' must be labels and their values, such as {\"alertname\": \"x\"}");
  }
  const auto time = duration == nullptr ? base::unexpected(base::ErrorCode::kInvalid, "")
                                        : config::parse_time(duration->text);
  if (!time || *time < 0 || *time > kSilenceMaxNs) {
    return wrong("'duration' must be a time such as 2h; 0s ends a silence");
  }
  const int64_t now_unix_ns = clock_.unix_ns();
  Silence silence;
  for (const parsers::JsonMember& label : match->members) {
    if (label.kind != parsers::ValueKind::kString) return wrong("a label's value must be a text");
    silence.match.emplace_back(label.name, label.text);
  }
  silence.until_unix_ns = now_unix_ns + *time;
  if (comment != nullptr) silence.comment = comment->text;
  {
    const std::lock_guard lock(mutex_);
    if (auto done = book_.silence(std::move(silence), now_unix_ns); !done) return done;
  }
  save();
  const std::lock_guard save_lock(save_mutex_);
  if (!save_error_.empty()) return base::unexpected(base::ErrorCode::kUnavailable, save_error_);
  return {};
}

}  // namespace sawlog::agent
