#include <csignal>
#include <ctime>

#include <sawlog/sawlog.h>

#include "agent/agent.h"
#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/own_log.h"
#include "config/loader.h"
#include "lib/base/clock.h"

namespace sawlog::agent::commands {

namespace {

constexpr int64_t kStopTimeoutNs = 10 * base::kNsPerSecond;
constexpr int64_t kFinishedPollNs = 10 * base::kNsPerMs;

struct RunArguments {
  std::string config_path;
  bool once = false;
  int64_t timeout_ns = 0;  // 0: none
};

std::optional<int> parse(const std::vector<std::string>& arguments, RunArguments& into) {
  std::string timeout;
  const Usage usage{
      "run",
      "--config FILE [--once [--timeout TIME]]",
      "Follows the configured files and ships them, until SIGTERM or SIGINT. Exit codes: 0 done,\n"
      "1 failed while running (with --once: not everything was delivered in time), 2 wrong usage\n"
      "or configuration, 3 with --once: done, but some lines went to the dead letters.",
      {config_option(into.config_path),
       {"once", "", "read every file to its present size, deliver all of it, end", &into.once},
       {"timeout", "TIME", "with --once: give up after this time (30s, 5m)", &timeout}}};
  if (const auto exit_code = parse_arguments(usage, arguments)) return exit_code;
  if (timeout.empty()) return std::nullopt;
  const auto duration_ns = parse_duration(timeout);
  if (!duration_ns || !into.once) {
    return refuse("run", "--timeout takes a time like 30s or 5m, with --once");
  }
  into.timeout_ns = *duration_ns;
  return std::nullopt;
}

sawlog::Logger log() {
  return sawlog::get("sawlog.agent");
}

// Blocks the signals in every thread to come; they are taken one by one in wait_for_signal().
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  return signals;
}

// True if a signal that ends the program came within the time.
bool ended_by_signal(const sigset_t& signals, int64_t wait_ns) {
  const timespec wait{wait_ns / base::kNsPerSecond, wait_ns % base::kNsPerSecond};
  const int signal = sigtimedwait(&signals, nullptr, &wait);
  return signal == SIGTERM || signal == SIGINT;
}

int run_once(Agent& agent, int64_t timeout_ns, const sigset_t& signals) {
  const base::SystemClock clock;
  const int64_t deadline = timeout_ns == 0 ? INT64_MAX : clock.monotonic_ns() + timeout_ns;
  agent.start(RunMode::kOnce);
  while (!agent.is_finished()) {
    if (clock.monotonic_ns() >= deadline || ended_by_signal(signals, kFinishedPollNs)) break;
  }
  const bool is_finished = agent.is_finished();
  agent.stop(is_finished ? kStopTimeoutNs : 0);
  for (const std::string& line : agent.ledger_lines()) log().info(line);
  if (!is_finished) {
    log().error("not everything could be delivered: what is left is sent by the next run");
    return kExitFailed;
  }
  return agent.dead_lettered_lines() > 0 ? kExitDeadLetters : kExitDone;
}

int run_until_signal(Agent& agent, const sigset_t& signals) {
  agent.start(RunMode::kFollow);
  log().info("running", {{"http.port", agent.http_port()}});
  for (;;) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == SIGHUP) {
      log().warn(
          "a reload was asked for, which this version cannot do: restart to change the "
          "configuration");
    }
  }
  log().info("stopping");
  agent.stop(kStopTimeoutNs);
  log().info("stopped");
  return kExitDone;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  RunArguments parsed;
  if (const auto exit_code = parse(arguments, parsed)) return *exit_code;
  const auto loaded = load_config(parsed.config_path);
  if (!loaded) return kExitUsage;

  const sigset_t signals = block_signals();
  start_own_log();
  for (const config::Mistake& warning : loaded->warnings) log().warn(warning.to_string());
  auto agent = Agent::build(loaded->config);
  if (!agent) {
    log().error(agent.error().message);
    return kExitFailed;
  }
  return parsed.once ? run_once(**agent, parsed.timeout_ns, signals)
                     : run_until_signal(**agent, signals);
}

}  // namespace sawlog::agent::commands
