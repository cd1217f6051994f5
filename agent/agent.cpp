#include "agent/agent.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <unistd.h>

#include <sawlog/sawlog.h>

#include "agent/checkpoint/agent_id.h"
#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/checkpoint/state_lock.h"
#include "agent/consumer_loop.h"
#include "agent/endpoints/http_server.h"
#include "agent/host/host_metrics.h"
#include "agent/metrics/metric_handler.h"
#include "agent/metrics/metric_snapshot.h"
#include "agent/metrics/own_metrics.h"
#include "agent/metrics/summary.h"
#include "agent/output_factory.h"
#include "agent/recorder.h"
#include "agent/source_factory.h"
#include "agent/status_report.h"
#include "agent/tail/cursor_check.h"
#include "agent/tail/directory_watcher.h"
#include "agent/tail/tail.h"
#include "lib/base/posix_filesystem.h"

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

class Agent::Implementation {
 public:
  explicit Implementation(const config::Config& config)
      : config_(config), started_unix_ns_(clock_.unix_ns()) {}

  base::Expected<void> build();
  void start(RunMode mode);
  [[nodiscard]] bool is_finished() const;
  bool stop(int64_t timeout_ns);
  [[nodiscard]] AgentStatus status() const;
  [[nodiscard]] int http_port() const { return server_ == nullptr ? 0 : server_->port(); }

 private:
  base::Expected<void> open_state();
  base::Expected<void> open_tail(const std::vector<std::unique_ptr<ConsumerCheckpoint>>& saved);
  base::Expected<void> add_metrics(std::unique_ptr<ConsumerCheckpoint> saved);
  base::Expected<void> add_output(const config::OutputConfig& output,
                                  std::unique_ptr<ConsumerCheckpoint> saved);
  base::Expected<void> add_consumer(const std::string& name, std::vector<std::string> sources,
                                    std::string where, std::unique_ptr<ConsumerCheckpoint> saved,
                                    std::unique_ptr<outputs::Output> output);
  base::Expected<void> listen();

  void run_tail();
  void look();

  const config::Config config_;
  base::PosixFilesystem filesystem_;
  base::SystemClock clock_;
  const int64_t started_unix_ns_;
  const std::string host_name_ = this_host();

  std::optional<StateLock> lock_;
  std::string agent_id_;
  std::vector<std::unique_ptr<parsers::SourceContext>> sources_;
  FileTable table_;
  std::unique_ptr<Tail> tail_;
  DirectoryWatcher watcher_;
  MetricSnapshots snapshots_;
  const HostMetrics host_metrics_{filesystem_, clock_};
  Summary summary_;
  std::unique_ptr<Recorder> recorder_;  // nullptr: nothing is taken by POST /record
  std::vector<std::unique_ptr<ConsumerLoop>> consumers_;  // metrics first
  std::unique_ptr<HttpServer> server_;

  Waker tail_waker_;
  std::atomic<bool> stops_{false};
  int64_t next_look_ns_ = 0;
  mutable std::mutex tail_status_mutex_;
  TailCounters tail_counters_;
  std::string tail_error_;
  std::vector<std::thread> threads_;
};

// --- building ----------------------------------------------------------------------------------

base::Expected<void> Agent::Implementation::build() {
  if (auto opened = open_state(); !opened) return opened;
  std::vector<std::string> names{"metrics"};
  for (const auto& output : config_.outputs) names.push_back(output.name);
  std::vector<std::unique_ptr<ConsumerCheckpoint>> saved;
  for (const std::string& name : names) {
    auto checkpoint = ConsumerCheckpoint::open(filesystem_, config_.state_dir, name);
    if (!checkpoint) return tl::unexpected(checkpoint.error());
    if (!(*checkpoint)->damage().empty()) {
      log_consumer_report(name, "error", (*checkpoint)->damage());
    }
    saved.push_back(std::move(*checkpoint));
  }
  if (auto opened = open_tail(saved); !opened) return opened;
  if (auto added = add_metrics(std::move(saved[0])); !added) return added;
  for (size_t i = 0; i < config_.outputs.size(); ++i) {
    if (auto added = add_output(config_.outputs[i], std::move(saved[i + 1])); !added) return added;
  }
  return listen();
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

base::Expected<void> Agent::Implementation::open_tail(
    const std::vector<std::unique_ptr<ConsumerCheckpoint>>& saved) {
  std::vector<TailSource> sources;
  const auto add = [&](const config::SourceConfig& source) {
    sources_.push_back(
        std::make_unique<parsers::SourceContext>(make_source_context(source, config_.labels)));
    sources.push_back({.context = sources_.back().get(),
                       .paths = source.paths,
                       .exclude = source.exclude,
                       .start_at_end = source.start_at == config::StartAt::kEnd,
                       .backfill = source.backfill,
                       .line_bytes_max = source.line_bytes_max});
  };
  for (const auto& source : config_.sources) add(source);
  if (config_.recorded) add(*config_.recorded);
  std::vector<const ConsumerState*> states;
  for (const auto& checkpoint : saved) states.push_back(&checkpoint->state());
  TailOptions options;
  options.state_dir = config_.state_dir;
  options.consumer_count = saved.size();
  options.positions = collect_positions(states);
  options.report = log_tail_event;
  auto tail = Tail::open(filesystem_, clock_, table_, std::move(sources), std::move(options));
  if (!tail) return tl::unexpected(tail.error());
  tail_ = std::move(*tail);
  return {};
}

base::Expected<void> Agent::Implementation::add_metrics(std::unique_ptr<ConsumerCheckpoint> saved) {
  auto handler = MetricHandler::create(config_.metrics, clock_, snapshots_);
  if (!handler) return tl::unexpected(handler.error());
  return add_consumer("metrics", {}, "", std::move(saved), std::move(*handler));
}

base::Expected<void> Agent::Implementation::add_output(const config::OutputConfig& output,
                                                       std::unique_ptr<ConsumerCheckpoint> saved) {
  auto made = make_output(output, {filesystem_, clock_, config_.state_dir, host_name_, agent_id_});
  if (!made) return tl::unexpected(made.error());
  std::vector<std::string> sources = output.sources;
  if (sources.size() == 1 && sources[0] == "all") {  // what is recorded is for the metrics alone
    sources.clear();
    for (const auto& source : config_.sources) sources.push_back(source.name);
  }
  return add_consumer(output.name, std::move(sources), output.where, std::move(saved),
                      std::move(*made));
}

base::Expected<void> Agent::Implementation::add_consumer(const std::string& name,
                                                         std::vector<std::string> sources,
                                                         std::string where,
                                                         std::unique_ptr<ConsumerCheckpoint> saved,
                                                         std::unique_ptr<outputs::Output> output) {
  ConsumerOptions options{name, consumers_.size(), std::move(sources),
                          [name](const char* level, const std::string& message) {
                            log_consumer_report(name, level, message);
                          },
                          std::move(where)};
  auto consumer =
      Consumer::open(std::move(options), table_, std::move(saved), std::move(output), clock_);
  if (!consumer) return tl::unexpected(consumer.error());
  consumers_.push_back(std::make_unique<ConsumerLoop>(std::move(*consumer), clock_));
  return {};
}

base::Expected<void> Agent::Implementation::listen() {
  if (config_.http.listen.empty()) return {};
  HttpAnswers answers;
  answers.metrics = [this](std::string_view accept) -> base::Expected<HttpAnswers::Body> {
    const ExpositionFormat format = format_for(accept);
    const auto collect = [this](ExpositionWriter& writer) {
      write_own_metrics(own_figures(status()), writer);
      if (config_.host_metrics) host_metrics_.write(writer);
    };
    return HttpAnswers::Body{std::string(content_type(format)),
                             render_metrics(snapshots_, collect, format)};
  };
  answers.reasons_not_ready = [this] { return reasons_not_ready(status()); };
  answers.status_json = [this] { return status_json(status()); };
  answers.summary_json = [this] {
    const auto snapshot = snapshots_.current();
    return summary_.json(snapshot ? *snapshot : MetricSetSnapshot(), clock_.monotonic_ns(),
                         clock_.unix_ns());
  };
  if (config_.recorded) {
    constexpr size_t kMetricsIndex = 0;
    auto recorder =
        Recorder::open(filesystem_, config_.state_dir + "/" + config::kRecordedDirectory, clock_,
                       table_, kMetricsIndex, snapshots_);
    if (!recorder) return tl::unexpected(recorder.error());
    recorder_ = std::move(*recorder);
    answers.record = [this](std::string_view body) { return recorder_->record(body); };
  }
  const config::HttpConfig& http = config_.http;
  auto server =
      HttpServer::start({http.listen, http.token, http.tls_cert, http.tls_key, http.tls_client_ca},
                        std::move(answers));
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  return {};
}

// --- running -----------------------------------------------------------------------------------

void Agent::Implementation::start(RunMode mode) {
  look();
  for (const auto& loop : consumers_) {
    if (mode == RunMode::kOnce) loop->consumer().finish_at_current_sizes();
    threads_.emplace_back([&loop = *loop] { loop.run(); });
  }
  if (mode == RunMode::kFollow) threads_.emplace_back([this] { run_tail(); });
}

bool Agent::Implementation::is_finished() const {
  return std::all_of(consumers_.begin(), consumers_.end(),
                     [](const auto& loop) { return loop->is_finished(); });
}

void Agent::Implementation::run_tail() {
  while (!stops_.load(std::memory_order_acquire)) {
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
  const auto next = tail_->step();
  next_look_ns_ = next ? *next : clock_.monotonic_ns() + kTailRetryNs;
  watcher_.watch(tail_->watched_directories());
  {
    const std::lock_guard lock(tail_status_mutex_);
    tail_counters_ = tail_->counters();
    if (!next && tail_error_.empty()) sawlog::get("sawlog.tail").error(next.error().message);
    tail_error_ = next ? "" : next.error().message;
  }
  for (const auto& loop : consumers_) loop->wake();
  if (const auto snapshot = snapshots_.current()) {
    summary_.look(*snapshot, clock_.monotonic_ns());
  }
}

bool Agent::Implementation::stop(int64_t timeout_ns) {
  stops_.store(true, std::memory_order_release);
  tail_waker_.wake();
  const int64_t deadline_ns = clock_.monotonic_ns() + timeout_ns;
  for (const auto& loop : consumers_) loop->stop(deadline_ns);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (server_ != nullptr) server_->stop();
  return is_finished();
}

// --- telling -----------------------------------------------------------------------------------

AgentStatus Agent::Implementation::status() const {
  AgentStatus status;
  status.now_unix_ns = clock_.unix_ns();
  status.started_unix_ns = started_unix_ns_;
  status.memory_limit_bytes = config_.memory_limit;
  for (const auto& loop : consumers_) status.consumers.push_back(loop->consumer().status());
  status.files = table_.snapshot();
  const std::lock_guard lock(tail_status_mutex_);
  status.tail = tail_counters_;
  status.tail_error = tail_error_;
  return status;
}

// --- Agent -------------------------------------------------------------------------------------

base::Expected<std::unique_ptr<Agent>> Agent::build(const config::Config& config) {
  auto implementation = std::make_unique<Implementation>(config);
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
