#include "agent/report/report.h"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <future>
#include <iostream>
#include <thread>
#include <unistd.h>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/report/figures.h"
#include "agent/report/report_html.h"
#include "agent/report/report_json.h"
#include "agent/report/report_text.h"
#include "lib/base/posix_filesystem.h"
#include "lib/base/printable.h"

namespace sawlog::agent::commands {

namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(200);

// Reads on a thread beside, and shows on a terminal how far it is.
base::Expected<Report> make_with_progress(base::Filesystem& filesystem, const LogInput& input,
                                          const ReportOptions& options) {
  std::atomic<uint64_t> read_bytes{0};
  if (isatty(STDERR_FILENO) == 0) return make_report(filesystem, input, options, read_bytes);
  auto report = std::async(std::launch::async,
                           [&] { return make_report(filesystem, input, options, read_bytes); });
  while (report.wait_for(kProgressInterval) != std::future_status::ready) {
    const double share = input.size_bytes == 0 ? 1
                                               : static_cast<double>(read_bytes.load()) /
                                                     static_cast<double>(input.size_bytes);
    std::fprintf(stderr, "\r%s of %s (%.0f %%) ", show_bytes(read_bytes.load()).c_str(),
                 show_bytes(input.size_bytes).c_str(), share * 100);
  }
  std::fputs("\r\x1b[K", stderr);
  return report.get();
}

int write_html(const Report& report, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << report_html(report);
  file.close();
  if (file) return kExitDone;
  std::fprintf(stderr, "sawlog report: cannot write '%s'\n", base::printable(path).c_str());
  return kExitFailed;
}

}  // namespace

int report(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  std::string html_path;
  std::string profile;
  bool wants_json = false;
  const Usage usage{
      "report",
      "FILE…|DIR… [--html FILE | --json] [--profile api|agents|vectordb]",
      "Reads logs, plain or compressed (gzip, zstd, xz), and says what an engineer wants to know:\n"
      "endpoints, agents, tools, models, queries with their rates, failures and durations, the\n"
      "slowest of them, errors by type and message, and what changed in the later half of the "
      "time.\n"
      "Exit code: 0 done; 1 when some file could not be read to its end (the report says which).",
      {{"html", "FILE", "write one HTML file with charts instead of text", &html_path},
       {"json", "", "one JSON object instead of text", &wants_json},
       {"profile", "NAME", "only what belongs to api, agents or vectordb", &profile}},
      &paths};
  if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
  if (paths.empty()) return refuse("report", "which files? Name files or directories");
  if (wants_json && !html_path.empty()) return refuse("report", "--html or --json, not both");
  ReportOptions options;
  options.profiles = profile_named(profile);
  if (!profile.empty() && options.profiles == 0) {
    return refuse("report", "there is no profile '" + base::printable(profile) +
                                "'; there are api, agents and vectordb");
  }
  options.thread_count = std::max(std::thread::hardware_concurrency(), 1u);

  base::PosixFilesystem filesystem;
  const LogInput input = find_log_input(filesystem, paths);
  const auto made = make_with_progress(filesystem, input, options);
  if (!made) {
    std::fprintf(stderr, "sawlog report: %s\n", made.error().message.c_str());
    return kExitFailed;
  }
  for (const std::string& defect : made->defects) {
    std::fprintf(stderr, "sawlog report: %s\n", base::printable(defect).c_str());
  }
  if (!html_path.empty()) {
    if (const int exit_code = write_html(*made, html_path); exit_code != kExitDone)
      return exit_code;
  } else {
    std::cout << (wants_json ? report_json(*made) : report_text(*made)) << std::flush;
  }
  return made->defects.empty() && std::cout ? kExitDone : kExitFailed;
}

}  // namespace sawlog::agent::commands
