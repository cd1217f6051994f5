#include "agent/agent.h"

#include <algorithm>
#include <array>
#include <random>
#include <unistd.h>

#include <sawlog/sawlog.h>

#include "agent/agent_implementation.h"
#include "agent/checkpoint/agent_id.h"
#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/dashboard/figures.h"
#include "agent/metrics/metric_handler.h"
#include "agent/output_factory.h"
#include "agent/source_factory.h"
#include "agent/tail/cursor_check.h"

namespace sawlog::agent {

namespace {

constexpr int64_t kLookIntervalNs = 50 * base::kNsPerMs;  // between two looks when files change
constexpr int64_t kTailRetryNs = base::kNsPerSecond;

std::string this_host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

sawlog::Level level_of(const TailEvent& event) {
  switch (event.level) {
    case TailEvent::Level::kInfo:
      return sawlog::Level::info;
    case TailEvent::Level::kWarn:
      return sawlog::Level::warn;
    case TailEvent::Level::kError:
      return sawlog::Level::error;
  }
  return sawlog::Level::error;
}

void log_tail_event(const TailEvent& event) {
  sawlog::get("sawlog.tail")
      .log(level_of(event), event.message,
           {{"log.file.path", event.path}, {"file.id", event.file.hex()}});
}

// Consumers report by level names, so that they need not know the library.
void log_consumer_report(const std::string& consumer, const std::string& level,
                         const std::string& message) {
  const auto logger = sawlog::get("sawlog.consumer").with({{"consumer", consumer}});
  if (level == "error") {
    logger.error(message);
  } else if (level == "warn") {
    logger.warn(message);
  } else {
    logger.info(message);
  }
}

}  // namespace

Agent::Implementation::Implementation(const config::Config& config, Hooks hooks)
    : config_(config),
      hooks_(std::move(hooks)),
      started_unix_ns_(clock_.unix_ns()),
      host_name_(this_host()) {}

// --- building ----------------------------------------------------------------------------------

base::Expected<void> Agent::Implementation::build() {
  if (auto opened = open_state(); !opened) return opened;
  const std::vector<std::string> names = consumer_names(config_);
  std::vector<std::unique_ptr<ConsumerCheckpoint>> saved;
  for (const std::string& name : names) {
    auto checkpoint = open_checkpoint(config_, name);
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    saved.push_back(std::move(*checkpoint));
  }
  if (auto opened = open_tail(saved); !opened) return opened;
  for (size_t i = 0; i < names.size(); ++i) {
    auto consumer = build_consumer(config_, names[i], i, std::move(saved[i]));
    if (!consumer) return tl::unexpected(consumer.error());
    consumers_.push_back(std::move(*consumer));
  }
  auto alerts = open_alerts(config_);
  if (!alerts) return tl::unexpected(alerts.error());
  alerts_ = std::move(*alerts);
  auto server = listen(config_.http);
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  return {};
}

base::Expected<void> Agent::Implementation::open_state() {
  if (auto created = filesystem_.create_directories(config_.state_dir); !created) return created;
  auto lock = StateLock::acquire(config_.state_dir);
  if (!lock) return tl::unexpected(lock.error());
  lock_.emplace(std::move(*lock));
  auto id = load_agent_id(filesystem_, config_.state_dir, [] {
    std::random_device device;
    return uint64_t{device()} << 32 | device();
  });
  if (!id) return tl::unexpected(id.error());
  agent_id_ = std::move(*id);
  return {};
}

base::Expected<std::unique_ptr<ConsumerCheckpoint>> Agent::Implementation::open_checkpoint(
    const config::Config& config, const std::string& name) {
  const auto output = std::ranges::find(config.outputs, name, &config::OutputConfig::name);
  if (output != config.outputs.end() && !output->renamed_from.empty()) {
    const auto taken =
        ConsumerCheckpoint::take_over(filesystem_, config.state_dir, output->renamed_from, name);
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) {
      taken_over_.emplace_back(output->renamed_from, name);
      log_consumer_report(name, "info",
                          "the cursors of '" + output->renamed_from + "' were taken over");
    }
  }
  auto checkpoint = ConsumerCheckpoint::open(filesystem_, config.state_dir, name);
  if (checkpoint && !(*checkpoint)->damage().empty()) {
    log_consumer_report(name, "error", (*checkpoint)->damage());
  }
  return checkpoint;
}

base::Expected<void> Agent::Implementation::open_tail(
    const std::vector<std::unique_ptr<ConsumerCheckpoint>>& saved) {
  std::vector<const ConsumerState*> states;
  for (const auto& checkpoint : saved) states.push_back(&checkpoint->state());
  TailOptions options;
  options.state_dir = config_.state_dir;
  options.consumer_count = saved.size();
  options.positions = collect_positions(states);
  options.report = log_tail_event;
  auto tail = Tail::open(filesystem_, clock_, table_, update_sources(config_), std::move(options));
  if (!tail) return tl::unexpected(tail.error());
  tail_ = std::move(*tail);
  return {};
}

// While nobody reads: the contexts change in place.
std::vector<TailSource> Agent::Implementation::update_sources(const config::Config& config) {
  std::vector<TailSource> sources;
  const auto add = [&](const config::SourceConfig& source) {
    auto& context = contexts_[source.name];
    if (context == nullptr) context = std::make_unique<parsers::SourceContext>();
    *context = make_source_context(source, config.labels);
    sources.push_back({.context = context.get(),
                       .paths = source.paths,
                       .exclude = source.exclude,
                       .start_at_end = source.start_at == config::StartAt::kEnd,
                       .backfill = source.backfill,
                       .line_bytes_max = source.line_bytes_max,
                       .held_bytes_max = source.held.bytes,
                       .held_age_max_ns = source.held.age_ns});
  };
  for (const auto& source : config.sources) add(source);
  if (config.recorded) add(*config.recorded);
  return sources;
}

base::Expected<std::unique_ptr<outputs::Output>> Agent::Implementation::build_output(
    const config::Config& config, const std::string& name) {
  const auto output = std::ranges::find(config.outputs, name, &config::OutputConfig::name);
  if (output != config.outputs.end()) {
    return make_output(*output, {filesystem_, clock_, config.state_dir, host_name_, agent_id_});
  }
  return MetricHandler::create(config.metrics, clock_, snapshots_);
}

base::Expected<Agent::Implementation::RunningConsumer> Agent::Implementation::build_consumer(
    const config::Config& config, const std::string& name, size_t index,
    std::unique_ptr<ConsumerCheckpoint> saved) {
  auto output = build_output(config, name);
  if (!output) return tl::unexpected(output.error());
  ConsumerOptions options{name, index, {}, [name](const char* level, const std::string& message) {
                            log_consumer_report(name, level, message);
                          }};
  options.sources = wanted_sources(config, name);
  const auto given = std::ranges::find(config.outputs, name, &config::OutputConfig::name);
  if (given != config.outputs.end()) options.where = given->where;
  auto consumer =
      Consumer::open(std::move(options), table_, std::move(saved), std::move(*output), clock_);
  if (!consumer) return tl::unexpected(consumer.error());
  return RunningConsumer{std::make_unique<ConsumerLoop>(std::move(*consumer), clock_), {}};
}

// --- running -----------------------------------------------------------------------------------

void Agent::Implementation::start(RunMode mode) {
  look();
  if (mode == RunMode::kOnce) {
    for (const auto& consumer : consumers_) consumer.loop->consumer().finish_at_current_sizes();
  }
  start_threads(mode);
  if (mode == RunMode::kFollow) start_alerts();
}

void Agent::Implementation::start_threads(RunMode mode) {
  for (RunningConsumer& consumer : consumers_) {
    consumer.thread = std::thread([&loop = *consumer.loop] { loop.run(); });
  }
  if (mode == RunMode::kOnce) return;
  tail_stops_.store(false, std::memory_order_release);
  tail_thread_ = std::thread([this] { run_tail(); });
}

bool Agent::Implementation::is_finished() const {
  return std::ranges::all_of(consumers_,
                             [](const auto& consumer) { return consumer.loop->is_finished(); });
}

void Agent::Implementation::run_tail() {
  while (!tail_stops_.load(std::memory_order_acquire)) {
    tail_waker_.wait(next_look_ns_, watcher_.fd());
    if (watcher_.drain()) {
      tail_->hint();
      // Files that grow all the time are looked at often enough, and no oftener.
      tail_waker_.wait(clock_.monotonic_ns() + kLookIntervalNs);
    }
    look();
  }
}

void Agent::Implementation::look() {
  look_began_ns_.store(clock_.monotonic_ns(), std::memory_order_relaxed);
  const auto next = tail_->step();
  next_look_ns_ = next ? *next : clock_.monotonic_ns() + kTailRetryNs;
  watcher_.watch(tail_->watched_directories());
  {
    const std::lock_guard lock(tail_status_mutex_);
    tail_counters_ = tail_->counters();
    if (!next && tail_error_.empty()) sawlog::get("sawlog.tail").error(next.error().message);
    tail_error_ = next ? "" : next.error().message;
  }
  if (const auto snapshot = snapshots_.current()) {
    summary_.look(*snapshot, clock_.monotonic_ns());
    keep_history(*snapshot);
  }
  for (const auto& consumer : consumers_) consumer.loop->wake();
  look_began_ns_.store(INT64_MAX, std::memory_order_relaxed);
}

void Agent::Implementation::keep_history(const MetricSetSnapshot& snapshot) {
  const int64_t now_unix_s = clock_.unix_ns() / base::kNsPerSecond;
  if (config_.http.listen.empty() || !history_.is_due(now_unix_s)) return;
  history_.add(history_points(snapshot, [this](auto& writer) { collect_figures(writer); }),
               now_unix_s);
}

// Of the agent itself and of the host, whether or not /metrics shows the host.
void Agent::Implementation::collect_figures(ExpositionWriter& writer) const {
  const std::shared_lock lock(structure_mutex_);
  write_own_metrics(own_figures(status()), writer);
  host_metrics_.write(writer);
}

void Agent::Implementation::join_tail() {
  tail_stops_.store(true, std::memory_order_release);
  tail_waker_.wake();
  if (tail_thread_.joinable()) tail_thread_.join();
}

bool Agent::Implementation::stop(int64_t timeout_ns) {
  if (alerts_ != nullptr) alerts_->stop();
  join_tail();
  const int64_t deadline_ns = clock_.monotonic_ns() + timeout_ns;
  for (const auto& consumer : consumers_) consumer.loop->stop(deadline_ns);
  for (auto& consumer : consumers_) {
    if (consumer.thread.joinable()) consumer.thread.join();
  }
  join_alerts();
  if (server_ != nullptr) server_->stop();
  return is_finished();
}

bool Agent::Implementation::hangs(int64_t step_max_ns) const {
  const int64_t since_ns = clock_.monotonic_ns() - step_max_ns;
  return look_began_ns_.load(std::memory_order_relaxed) < since_ns ||
         std::ranges::any_of(
             consumers_,
             [&](const auto& consumer) { return consumer.loop->step_began_ns() < since_ns; });
}

// --- Agent -------------------------------------------------------------------------------------

base::Expected<std::unique_ptr<Agent>> Agent::build(const config::Config& config, Hooks hooks) {
  auto implementation = std::make_unique<Implementation>(config, std::move(hooks));
  if (auto built = implementation->build(); !built) return tl::unexpected(built.error());
  return std::unique_ptr<Agent>(new Agent(std::move(implementation)));
}

Agent::Agent(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Agent::~Agent() {
  implementation_->stop(0);
}
void Agent::start(RunMode mode) {
  implementation_->start(mode);
}
bool Agent::is_finished() const {
  return implementation_->is_finished();
}
bool Agent::stop(int64_t timeout_ns) {
  return implementation_->stop(timeout_ns);
}
base::Expected<std::string> Agent::reload(const config::Config& next) {
  return implementation_->reload(next);
}
void Agent::note_reload(const base::Expected<std::string>& result) {
  implementation_->note_reload(result);
}
bool Agent::is_broken() const {
  return implementation_->is_broken();
}
void Agent::tend() {
  implementation_->tend();
}
bool Agent::hangs(int64_t step_max_ns) const {
  return implementation_->hangs(step_max_ns);
}
int Agent::http_port() const {
  return implementation_->http_port();
}

uint64_t Agent::dead_lettered_lines() const {
  uint64_t lines = 0;
  for (const ConsumerStatus& consumer : implementation_->status().consumers) {
    for (const outputs::DeadLetterCount& count : consumer.dead_letters) lines += count.lines;
  }
  return lines;
}

std::vector<std::string> Agent::ledger_lines() const {
  std::vector<std::string> lines;
  for (const ConsumerStatus& consumer : implementation_->status().consumers) {
    lines.push_back(ledger_sentence(consumer));
  }
  return lines;
}

}  // namespace sawlog::agent
