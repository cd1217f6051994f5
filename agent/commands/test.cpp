#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/sample_run.h"
#include "lib/base/clock.h"

namespace sawlog::agent::commands {

namespace {

const config::SourceConfig* source_named(const config::Config& config, const std::string& name) {
  if (name.empty()) return &config.sources.front();
  const auto found = std::ranges::find(config.sources, name, &config::SourceConfig::name);
  return found == config.sources.end() ? nullptr : &*found;
}

// Lines without a time get the sample's: so the answer depends on the sample alone.
base::Expected<Sample> read_sample(const std::string& path) {
  struct stat found = {};
  std::ifstream file(path, std::ios::binary);
  if (!file || stat(path.c_str(), &found) != 0)
    return tl::unexpected(base::os_error("read", path, errno));
  Sample sample{path, {std::istreambuf_iterator<char>(file), {}}, 0};
  sample.modified_unix_ns = int64_t{found.st_mtim.tv_sec} * base::kNsPerSecond;
  if (file.bad()) return tl::unexpected(base::os_error("read", path, errno));
  if (sample.bytes.size() > kSampleBytesMax)
    return base::unexpected(base::ErrorCode::kInvalid,
                            "'" + path + "' is larger than 64MiB: cut out the lines in question");
  return sample;
}

}  // namespace

int test(const std::vector<std::string>& arguments) {
  std::string config_path, source_name;
  std::vector<std::string> paths;
  const Usage usage{
      "test",
      "--config FILE [--source NAME] SAMPLE...",
      "Shows what the lines of the samples become: each record, what each output "
      "sends for it,\nand the metrics of all of them. Nothing is sent or saved.",
      {config_option(config_path),
       {"source,s", "NAME", "the source they are read as; else the first", &source_name}},
      &paths};
  if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
  if (paths.empty()) return refuse("test", "no sample is given");
  const auto loaded = load_config(config_path);
  if (!loaded) return kExitUsage;
  const config::SourceConfig* const source = source_named(loaded->config, source_name);
  if (source == nullptr) return refuse("test", "there is no source '" + source_name + "'");
  auto run = SampleRun::create(loaded->config, *source);
  if (!run) return refuse("test", run.error().message);
  for (const std::string& path : paths) {
    const auto sample = read_sample(path);
    if (!sample) return refuse("test", sample.error().message);
    std::fputs((*run)->add(*sample).c_str(), stdout);
  }
  std::fputs((*run)->metrics().c_str(), stdout);
  return std::fflush(stdout) == 0 ? kExitDone : kExitFailed;
}

}  // namespace sawlog::agent::commands
