#include "agent/replay.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <unistd.h>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/health_log.h"
#include "agent/waker.h"
#include "lib/base/clock.h"
#include "lib/base/posix_filesystem.h"

namespace sawlog::agent::commands {

namespace {

constexpr int64_t kWaitMaxNs = base::kNsPerSecond;

struct ReplayArguments {
  std::string config_path;
  std::string letters_path;
  int64_t timeout_ns = 0;  // 0: none
};

std::optional<int> parse(const std::vector<std::string>& arguments, ReplayArguments& into) {
  std::string timeout;
  std::vector<std::string> operands;
  const Usage usage{
      "replay",
      "--config FILE [--timeout TIME] DEAD_LETTERS",
      "Sends the lines of a file of dead letters to their outputs again, also while the agent\n"
      "runs. What is acknowledged is removed; what is refused again is in DEAD_LETTERS.refused.\n"
      "A replay that was broken off goes on where it was. Exit codes: 0 all sent, 1 some are "
      "left,\n"
      "2 wrong usage or configuration, 3 some were refused again.",
      {config_option(into.config_path),
       {"timeout", "TIME", "give up after this time (30s, 5m)", &timeout}},
      &operands};
  if (const auto exit_code = parse_arguments(usage, arguments)) return exit_code;
  if (operands.size() != 1) return refuse("replay", "one file of dead letters is wanted");
  into.letters_path = operands.front();
  if (timeout.empty()) return std::nullopt;
  const auto duration_ns = parse_duration(timeout);
  if (!duration_ns) return refuse("replay", "--timeout takes a time like 30s or 5m");
  into.timeout_ns = *duration_ns;
  return std::nullopt;
}

int fail(const base::Error& error) {
  std::fprintf(stderr, "sawlog replay: %s\n", error.message.c_str());
  return kExitFailed;
}

// False if the time was over before.
base::Expected<bool> run_to_the_end(Replay& replay, int64_t timeout_ns, const base::Clock& clock) {
  const int64_t deadline = timeout_ns == 0 ? INT64_MAX : clock.monotonic_ns() + timeout_ns;
  Waker waker;
  HealthLog health_log;
  while (!replay.is_finished()) {
    const auto wake = replay.step();
    if (!wake) return tl::unexpected(wake.error());
    if (const auto event = health_log.look(replay.health())) {
      std::fprintf(stderr, "%s\n", event->message.c_str());
    }
    const int64_t now = clock.monotonic_ns();
    if (now >= deadline) return replay.is_finished();
    if (wake->has_work || replay.is_finished()) continue;
    waker.wait(std::min({wake->at_monotonic_ns, now + kWaitMaxNs, deadline}), replay.wake_fd());
  }
  return true;
}

void tell_what_is_left(const Replay& replay) {
  const ReplayCounts& counts = replay.counts();
  if (counts.refused > 0) {
    std::printf("%llu refused again: %s\n", static_cast<unsigned long long>(counts.refused),
                replay.refused_path().c_str());
  }
  if (counts.unreadable > 0) {
    std::printf("%llu lines are no dead letters, and stay in %s\n",
                static_cast<unsigned long long>(counts.unreadable), replay.taken_path().c_str());
  }
  for (const auto& [output, letters] : counts.without_output) {
    std::printf("%llu of output '%s', which the configuration does not have, stay in %s\n",
                static_cast<unsigned long long>(letters), output.c_str(),
                replay.taken_path().c_str());
  }
}

}  // namespace

int replay(const std::vector<std::string>& arguments) {
  ReplayArguments parsed;
  if (const auto exit_code = parse(arguments, parsed)) return *exit_code;
  const auto loaded = load_config(parsed.config_path);
  if (!loaded) return kExitUsage;
  std::signal(SIGPIPE, SIG_IGN);
  base::PosixFilesystem filesystem;
  const base::SystemClock clock;
  auto opened =
      Replay::open(loaded->config,
                   {filesystem, clock, loaded->config.state_dir, /*host_name=*/"", /*agent_id=*/""},
                   parsed.letters_path);
  if (!opened) return fail(opened.error());
  Replay& replay = **opened;
  const auto is_done = run_to_the_end(replay, parsed.timeout_ns, clock);
  std::printf("%llu sent again\n", static_cast<unsigned long long>(replay.counts().sent));
  if (!is_done) return fail(is_done.error());
  tell_what_is_left(replay);
  if (!*is_done) {
    std::printf("the time is over: the rest is in %s, and goes with the next replay\n",
                replay.taken_path().c_str());
  }
  const ReplayCounts& counts = replay.counts();
  if (!*is_done || counts.unreadable > 0 || !counts.without_output.empty()) return kExitFailed;
  return counts.refused > 0 ? kExitDeadLetters : kExitDone;
}

}  // namespace sawlog::agent::commands
