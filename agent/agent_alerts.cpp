// The alerts of a running agent: what they look at, and their threads.

#include <sawlog/sawlog.h>

#include "agent/agent_implementation.h"

namespace sawlog::agent {
namespace {

void log_alert_report(const char* level, const std::string& message) {
  const auto logger = sawlog::get("sawlog.alerts");
  const std::string_view word = level;
  if (word == "error") {
    logger.error(message);
  } else if (word == "warn") {
    logger.warn(message);
  } else {
    logger.info(message);
  }
}

}  // namespace

base::Expected<std::unique_ptr<Alerts>> Agent::Implementation::open_alerts(
    const config::Config& config) {
  if (config.alerts.rules.empty() && config.alerts.receivers.empty()) return nullptr;
  AlertsOptions options;
  options.state_dir = config.state_dir;
  options.host = host_name_;
  options.labels = config.labels;
  options.figures = [this] { return figures(); };
  options.report = log_alert_report;
  options.channel = [this, lines_max = config.alerts.lines_max](const auto& receiver) {
    return make_channel(receiver, lines_max, host_name_, clock_);
  };
  return Alerts::open(config.alerts, std::move(options), filesystem_, clock_);
}

std::optional<Figures> Agent::Implementation::figures() const {
  auto snapshot = snapshots_.current();
  if (snapshot == nullptr) return std::nullopt;
  Figures figures(std::move(snapshot));
  figures.add([this](ExpositionWriter& writer) { collect_figures(writer); });
  return figures;
}

void Agent::Implementation::start_alerts() {
  if (alerts_ == nullptr) return;
  for (auto& loop : alerts_->loops()) alert_threads_.emplace_back(std::move(loop));
}

void Agent::Implementation::join_alerts() {
  if (alerts_ != nullptr) alerts_->stop();
  for (auto& thread : alert_threads_) thread.join();
  alert_threads_.clear();
}

void Agent::Implementation::replace_alerts() {
  join_alerts();
  {
    const std::unique_lock lock(structure_mutex_);
    alerts_.reset();
  }
  auto opened = open_alerts(config_);
  if (!opened) {
    note_reload(tl::unexpected(opened.error()));
    log_alert_report("error", opened.error().message);
    return;
  }
  {
    const std::unique_lock lock(structure_mutex_);
    alerts_ = std::move(*opened);
  }
  start_alerts();
}

}  // namespace sawlog::agent
