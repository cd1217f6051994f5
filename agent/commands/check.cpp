#include <cerrno>
#include <cstdio>
#include <unistd.h>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/output_probe.h"
#include "agent/tail/scanner.h"
#include "lib/base/clock.h"
#include "lib/base/posix_filesystem.h"

namespace sawlog::agent::commands {

namespace {

constexpr size_t kUnreadableShownMax = 5;  // of each glob

void warn(const config::Place& place, const std::string& message) {
  const config::Mistake warning{place, message};
  std::fprintf(stderr, "warning: %s\n", warning.to_string().c_str());
}

// Legal, because a service may start later, but often a slip.
void warn_of_what_is_not_there(const config::SourceConfig& source) {
  base::PosixFilesystem filesystem;
  for (size_t i = 0; i < source.paths.size(); ++i) {
    const std::string key = "'sources." + source.name + ".paths[" + std::to_string(i) + "]': ";
    const Look look = Scanner(filesystem, {{{source.paths[i]}, source.exclude}}).look();
    if (look.files.empty()) {
      warn(source.place, key + "'" + source.paths[i] + "' matches no file now");
    }
    for (const base::Error& error : look.errors) warn(source.place, key + error.message);
    size_t unreadable_count = 0;
    for (const FoundFile& file : look.files) {
      const std::string& path = file.names.front().path;
      if (access(path.c_str(), R_OK) == 0 || ++unreadable_count > kUnreadableShownMax) continue;
      warn(source.place, key + base::os_error("read", path, errno).message);
    }
  }
}

// One line for each output: "search: works: …", or what to do. False if one would not work.
bool connect(const config::Config& config) {
  const base::SystemClock clock;
  bool all_work = true;
  for (const config::OutputConfig& output : config.outputs) {
    const outputs::Probe probe = probe_output(output, clock);
    std::printf("%s: %s\n", output.name.c_str(), probe.text.c_str());
    all_work = all_work && probe.works;
  }
  return all_work;
}

}  // namespace

int check(const std::vector<std::string>& arguments) {
  std::string config_path;
  bool connects = false;
  const Usage usage{
      "check",
      "--config FILE",
      "Finds every mistake of the configuration, each with its place and what was\n"
      "probably meant, and warns of globs that match nothing and of files that cannot be read.\n"
      "Exit code: 0 without mistakes, else 2; 1 when an output would not take lines now.",
      {config_option(config_path),
       {"connect", "", "ask the destination of each output whether it would take lines",
        &connects}}};
  if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
  const auto loaded = load_config(config_path);
  if (!loaded) return kExitUsage;
  for (const config::SourceConfig& source : loaded->config.sources) {
    warn_of_what_is_not_there(source);
  }
  std::printf("%s: good (%zu source%s, %zu output%s)\n", config_path.c_str(),
              loaded->config.sources.size(), loaded->config.sources.size() == 1 ? "" : "s",
              loaded->config.outputs.size(), loaded->config.outputs.size() == 1 ? "" : "s");
  if (connects && !connect(loaded->config)) return kExitFailed;
  return kExitDone;
}

}  // namespace sawlog::agent::commands
