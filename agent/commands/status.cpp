#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <unistd.h>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/commands/http_get.h"
#include "lib/base/printable.h"

namespace sawlog::agent::commands {

namespace {

constexpr int kWatchIntervalMs = 2000;
constexpr size_t kBodyBytesMax = 300;  // of an answer that tells no status
constexpr const char* kClearScreen = "\033[H\033[2J";

struct StatusArguments {
  std::string url;
  std::string config_path;
  std::string token;
  bool as_json = false;
  bool watches = false;
};

// The address that other hosts may use is one of ours, too.
std::string url_of(const config::HttpConfig& http) {
  const size_t colon = http.listen.rfind(':');
  std::string host = http.listen.substr(0, colon);
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return (http.tls_cert.empty() ? "http://" : "https://") + host + http.listen.substr(colon);
}

std::optional<int> parse(const std::vector<std::string>& arguments, StatusArguments& into) {
  const Usage usage{
      "status",
      "[--url URL | --config FILE] [--json] [--watch]",
      "Asks a running agent: its sources, files, consumers, how far they are behind, and what is\n"
      "wrong. A token is taken from the environment, SAWLOG_TOKEN, or from the configuration.\n"
      "Exit code: 0 ready, 1 not ready or not there; so it can be a health check.",
      {{"url", "URL", "the agent's endpoint; http://127.0.0.1:7295 when left out", &into.url},
       {"config,c", "FILE", "address and token of this configuration", &into.config_path},
       {"json,j", "", "all figures, as JSON", &into.as_json},
       {"watch,w", "", "again every two seconds", &into.watches}}};
  if (const auto exit_code = parse_arguments(usage, arguments)) return exit_code;
  if (const char* token = std::getenv("SAWLOG_TOKEN")) into.token = token;
  if (!into.config_path.empty()) {
    const auto loaded = load_config(into.config_path);
    if (!loaded) return kExitUsage;
    const config::HttpConfig& http = loaded->config.http;
    if (http.listen.empty()) return refuse("status", "this configuration has no endpoint");
    if (into.url.empty()) into.url = url_of(http);
    if (into.token.empty()) into.token = http.token;
  }
  if (into.url.empty()) into.url = "http://127.0.0.1:7295";
  while (into.url.ends_with('/')) into.url.pop_back();
  return std::nullopt;
}

int tell(const base::Error& error) {
  std::fprintf(stderr, "sawlog status: %s\n", base::printable(error.message).c_str());
  return kExitFailed;
}

int show_once(const StatusArguments& arguments) {
  const char* const accept = arguments.as_json ? "application/json" : "text/plain";
  const auto status = http_get({arguments.url + "/status", accept, arguments.token});
  if (!status) return tell(status.error());
  if (status->status != 200) {
    return tell({base::ErrorCode::kUnavailable, "'" + arguments.url + "' answers " +
                                                    std::to_string(status->status) + ": " +
                                                    status->body.substr(0, kBodyBytesMax)});
  }
  if (arguments.watches && isatty(STDOUT_FILENO) != 0) std::fputs(kClearScreen, stdout);
  std::fputs(status->body.c_str(), stdout);
  std::fflush(stdout);
  const auto ready = http_get({arguments.url + "/health/ready", "*/*", arguments.token});
  if (!ready) return tell(ready.error());
  return ready->status == 200 ? kExitDone : kExitFailed;
}

}  // namespace

int status(const std::vector<std::string>& arguments) {
  StatusArguments parsed;
  if (const auto exit_code = parse(arguments, parsed)) return *exit_code;
  int exit_code = show_once(parsed);
  while (parsed.watches) {
    poll(nullptr, 0, kWatchIntervalMs);
    exit_code = show_once(parsed);
  }
  return exit_code;
}

}  // namespace sawlog::agent::commands
