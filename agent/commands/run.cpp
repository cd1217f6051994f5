#include <csignal>
#include <ctime>

#include <sawlog/sawlog.h>

#include "agent/agent.h"
#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/own_log.h"
#include "agent/process_setup.h"
#include "agent/reload_requests.h"
#include "agent/service_notifier.h"
#include "config/loader.h"
#include "lib/base/clock.h"

namespace sawlog::agent::commands {

namespace {

constexpr int64_t kStopTimeoutNs = 10 * base::kNsPerSecond;
constexpr int64_t kReloadWaitNs = 30 * base::kNsPerSecond;
constexpr int64_t kFinishedPollNs = 10 * base::kNsPerMs;

struct RunArguments {
  std::string config_path;
  std::string user;      // "": as who we are
  std::string log_file;  // "": the standard error
  bool once = false;
  int64_t timeout_ns = 0;  // 0: none
};

std::optional<int> parse(const std::vector<std::string>& arguments, RunArguments& into) {
  std::string timeout;
  const Usage usage{
      "run",
      "--config FILE [--once [--timeout TIME]] [--user NAME] [--log FILE]",
      "Follows the configured files and ships them, until SIGTERM or SIGINT; SIGHUP reloads the\n"
      "configuration. Exit codes: 0 done,\n"
      "1 failed while running (with --once: not everything was delivered in time), 2 wrong usage\n"
      "or configuration, 3 with --once: done, but some lines went to the dead letters.",
      {config_option(into.config_path),
       {"once", "", "read every file to its present size, deliver all of it, end", &into.once},
       {"timeout", "TIME", "with --once: give up after this time (30s, 5m)", &timeout},
       {"user,u", "NAME", "give up root and run as this user", &into.user},
       {"log,l", "FILE", "the agent's own log; the standard error when left out", &into.log_file}}};
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

timespec timespec_of(int64_t duration_ns) {
  return {duration_ns / base::kNsPerSecond, duration_ns % base::kNsPerSecond};
}

// True if a signal that ends the program came within the time.
bool ended_by_signal(const sigset_t& signals, int64_t wait_ns) {
  const timespec wait = timespec_of(wait_ns);
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

// Everything wrong with the file, in the log; the first of it in the result.
base::Expected<std::string> reload(Agent& agent, const std::string& config_path) {
  const config::Loaded loaded = config::load_file(config_path);
  for (const config::Mistake& mistake : loaded.mistakes) log().error(mistake.to_string());
  if (!loaded.mistakes.empty()) {
    return base::unexpected(base::ErrorCode::kInvalid,
                            loaded.mistakes.front().to_string() +
                                (loaded.mistakes.size() == 1 ? "" : ", and more (see the log)"));
  }
  for (const config::Mistake& warning : loaded.warnings) log().warn(warning.to_string());
  return agent.reload(loaded.config);
}

// The main thread of a running agent: signals, reloads, the watchdog.
class Follower {
 public:
  Follower(Agent& agent, std::string config_path, ReloadRequests& requests)
      : agent_(agent), config_path_(std::move(config_path)), requests_(requests) {}

  int run(const sigset_t& signals) {
    agent_.start(RunMode::kFollow);
    log().info("running", {{"http.port", agent_.http_port()}});
    notifier_.ready("running");
    while (!agent_.is_broken()) {
      const int signal = wait_for_signal(signals);
      if (signal == SIGTERM || signal == SIGINT) break;
      if (signal == SIGHUP) reload_and_tell();
      feed_watchdog();
    }
    log().info("stopping");
    notifier_.stopping();
    const bool is_done = agent_.stop(kStopTimeoutNs);
    log().info("stopped", {{"all_acknowledged", is_done}});
    return agent_.is_broken() ? kExitFailed : kExitDone;
  }

 private:
  [[nodiscard]] int wait_for_signal(const sigset_t& signals) const {
    const int64_t limit_ns = notifier_.watchdog_limit_ns();
    if (limit_ns == 0) return sigwaitinfo(&signals, nullptr);
    const timespec wait = timespec_of(limit_ns / 3);
    return sigtimedwait(&signals, nullptr, &wait);
  }

  // The watchdog follows the loops, never delivery: an output that is down is no reason to die.
  void feed_watchdog() {
    const int64_t limit_ns = notifier_.watchdog_limit_ns();
    const bool hangs = limit_ns > 0 && agent_.hangs(limit_ns);
    if (!hangs) notifier_.is_alive();
    if (hangs && !hung_) log().error("a loop of the agent hangs: the watchdog may restart it");
    hung_ = hangs;
  }

  void reload_and_tell() {
    notifier_.reloading();
    requests_.begin();
    const auto result = reload(agent_, config_path_);
    agent_.note_reload(result);
    requests_.end(result);
    if (result) {
      log().info("configuration reloaded", {{"changes", *result}});
    } else {
      log().error("the configuration could not be reloaded; the agent goes on as it was",
                  {{"cause", result.error().message}});
    }
    agent_.tend();
    notifier_.ready(result ? "running" : "running; the last reload failed");
  }

  Agent& agent_;
  const std::string config_path_;
  ReloadRequests& requests_;
  ServiceNotifier notifier_;
  bool hung_ = false;
};

// Who the process is, before anything of the agent is opened.
base::Expected<void> prepare_process(const RunArguments& parsed) {
  set_limits();
  if (parsed.user.empty()) return {};
  return become_user(parsed.user);
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  RunArguments parsed;
  if (const auto exit_code = parse(arguments, parsed)) return *exit_code;
  if (const auto prepared = prepare_process(parsed); !prepared) {
    return refuse("run", prepared.error().message);
  }
  const auto loaded = load_config(parsed.config_path);
  if (!loaded) return kExitUsage;

  const sigset_t signals = block_signals();
  start_own_log(parsed.log_file);
  ReloadRequests requests;
  Agent::Hooks hooks;
  if (!parsed.once) hooks.reload = [&requests] { return requests.ask(kReloadWaitNs); };
  auto agent = Agent::build(loaded->config, std::move(hooks));
  if (!agent) {
    log().error(agent.error().message);
    return kExitFailed;
  }
  if (parsed.once) return run_once(**agent, parsed.timeout_ns, signals);
  return Follower(**agent, parsed.config_path, requests).run(signals);
}

}  // namespace sawlog::agent::commands
