// What the endpoint of a running agent tells, and its start.

#include <algorithm>
#include <charconv>
#include <shared_mutex>

#include "agent/agent_implementation.h"
#include "agent/dashboard/page.h"
#include "agent/metrics/own_metrics.h"
#include "agent/status_text.h"

namespace sawlog::agent {
namespace {

std::string value_of(const HttpAnswers::Parameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

int64_t range_seconds(const HttpAnswers::Parameters& parameters) {
  constexpr int64_t kDefault = 900;
  const std::string text = value_of(parameters, "range");
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && seconds > 0 ? seconds : kDefault;
}

LogQuery log_query(const HttpAnswers::Parameters& parameters) {
  LogQuery query;
  query.after = value_of(parameters, "after");
  query.service = value_of(parameters, "service");
  query.text = value_of(parameters, "text");
  query.trace = value_of(parameters, "trace");
  parsers::Value level;
  level.kind = parsers::ValueKind::kString;
  const std::string level_text = value_of(parameters, "level");
  level.text = level_text;
  query.level_min = parsers::level_of(level);
  return query;
}

HttpPage http_page() {
  const DashboardPage& page = dashboard_page();
  return {
      {kDashboardPaths.begin(), kDashboardPaths.end()}, page.html, page.content_security_policy};
}

bool metrics_are_catching_up(const AgentStatus& status) {
  return std::ranges::any_of(status.consumers, [](const ConsumerStatus& consumer) {
    return consumer.name == "metrics" && consumer.is_catching_up;
  });
}

}  // namespace

base::Expected<std::unique_ptr<HttpServer>> Agent::Implementation::listen(
    const config::HttpConfig& http) {
  if (http.listen.empty()) return nullptr;
  if (config_.recorded && recorder_ == nullptr) {
    constexpr size_t kMetricsIndex = 0;
    auto recorder =
        Recorder::open(filesystem_, config_.state_dir + "/" + config::kRecordedDirectory, clock_,
                       table_, kMetricsIndex, snapshots_);
    if (!recorder) return tl::unexpected(recorder.error());
    recorder_ = std::move(*recorder);
  }
  return HttpServer::start(
      {http.listen, http.token, http.tls_cert, http.tls_key, http.tls_client_ca}, answers());
}

HttpAnswers Agent::Implementation::answers() {
  HttpAnswers answers;
  answers.metrics = [this](std::string_view accept) -> base::Expected<HttpAnswers::Body> {
    const std::shared_lock lock(structure_mutex_);
    if (metrics_are_catching_up(status())) {
      return base::unexpected(base::ErrorCode::kUnavailable,
                              "the saved state was damaged: metrics are shown again when they have "
                              "counted what was shown before");
    }
    const ExpositionFormat format = format_for(accept);
    const auto collect = [this](ExpositionWriter& writer) {
      write_own_metrics(own_figures(status()), writer);
      if (config_.host_metrics) host_metrics_.write(writer);
      if (alerts_ != nullptr) alerts_->write_metrics(writer);
    };
    return HttpAnswers::Body{std::string(content_type(format)),
                             render_metrics(snapshots_, collect, format)};
  };
  answers.reasons_not_ready = [this] {
    const std::shared_lock lock(structure_mutex_);
    return reasons_not_ready(status());
  };
  answers.status_json = [this] {
    const std::shared_lock lock(structure_mutex_);
    AgentStatus now = status();
    if (alerts_ != nullptr) now.alerts_json = alerts_->status_json();
    return status_json(now);
  };
  answers.status_text = [this] {
    const std::shared_lock lock(structure_mutex_);
    return status_text(status());
  };
  answers.summary_json = [this] {
    const auto snapshot = snapshots_.current();
    return summary_.json(snapshot ? *snapshot : MetricSetSnapshot(), clock_.monotonic_ns(),
                         clock_.unix_ns());
  };
  answers.history_json = [this](const HttpAnswers::Parameters& parameters) {
    return history_.json(range_seconds(parameters), clock_.unix_ns() / base::kNsPerSecond);
  };
  if (config_.http.is_restricted()) {
    answers.log_lines_json = [this](const HttpAnswers::Parameters& parameters) {
      const std::shared_lock lock(structure_mutex_);
      return log_view_.json(*table_.snapshot(), log_query(parameters));
    };
  }
  answers.page = http_page();
  if (config_.recorded) {
    answers.record = [this](std::string_view body) {
      const std::shared_lock lock(structure_mutex_);
      return recorder_->record(body);
    };
  }
  answers.silence = [this](std::string_view body) -> base::Expected<void> {
    const std::shared_lock lock(structure_mutex_);
    if (alerts_ != nullptr) return alerts_->silence(body);
    return base::unexpected(base::ErrorCode::kInvalid, "no alerts are configured");
  };
  answers.reload = hooks_.reload;
  return answers;
}

int Agent::Implementation::http_port() const {
  return server_ == nullptr ? 0 : server_->port();
}

// The endpoint's threads hold structure_mutex_.
AgentStatus Agent::Implementation::status() const {
  AgentStatus status;
  status.now_unix_ns = clock_.unix_ns();
  status.started_unix_ns = started_unix_ns_;
  status.memory_limit_bytes = config_.memory_limit;
  for (const auto& consumer : consumers_) {
    status.consumers.push_back(consumer.loop->consumer().status());
  }
  status.files = table_.snapshot();
  status.reload = reload_status_;
  const std::lock_guard lock(tail_status_mutex_);
  status.tail = tail_counters_;
  status.tail_error = tail_error_;
  return status;
}

}  // namespace sawlog::agent
