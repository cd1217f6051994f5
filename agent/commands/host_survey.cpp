#include "agent/commands/host_survey.h"

#include <algorithm>
#include <array>
#include <map>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/commands/http_get.h"
#include "agent/tail/sibling_name.h"

namespace sawlog::agent::commands {

namespace {

constexpr std::array<std::string_view, 6> kEndings = {".log",    ".json", ".jsonl",
                                                      ".ndjson", ".out",  ".err"};
constexpr int64_t kAskTimeoutMs = 1000;

std::string_view log_ending(std::string_view name) {
  for (const std::string_view ending : kEndings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return ending;
  }
  return {};
}

bool begins_with_json(base::Filesystem& filesystem, const std::string& path, bool& is_readable) {
  const auto file = filesystem.open(path, base::OpenMode::kRead);
  is_readable = file.has_value();
  std::array<char, 64> head{};
  if (!is_readable) return false;
  const auto count = (*file)->read_at(0, head);
  const std::string_view text(head.data(), count.value_or(0));
  const size_t at = text.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && text[at] == '{';
}

class Walk {
 public:
  explicit Walk(base::Filesystem& filesystem) : filesystem_(filesystem) {}

  void descend(const std::string& folder, size_t depth) {
    const auto entries = filesystem_.list(folder);
    if (!entries) {
      survey_.unseen.push_back(folder);
      return;
    }
    std::map<std::string_view, FoundLogs> by_ending;
    for (const base::DirectoryEntry& entry : *entries) {
      if (++entry_count_ > kEntriesMax) survey_.is_cut = true;
      if (survey_.is_cut) return;
      if (entry.name.starts_with('.')) continue;
      const std::string path = folder + "/" + entry.name;
      if (entry.is_directory) {
        if (depth < kDepthMax) descend(path, depth + 1);
        continue;
      }
      const std::string_view ending = log_ending(entry.name);
      if (!ending.empty()) add(by_ending[ending], folder, ending, path);
    }
    for (auto& [ending, logs] : by_ending) {
      if (logs.file_count > 0) survey_.logs.push_back(std::move(logs));
    }
  }

  Survey take() {
    std::ranges::sort(survey_.logs, {},
                      [](const FoundLogs& logs) { return std::pair(logs.folder, logs.ending); });
    return std::move(survey_);
  }

 private:
  void add(FoundLogs& logs, const std::string& folder, std::string_view ending,
           const std::string& path) {
    const auto status = filesystem_.stat(path);
    if (!status || !status->is_regular) return;
    logs.folder = folder;
    logs.ending = ending;
    ++logs.file_count;
    bool is_readable = true;
    if (begins_with_json(filesystem_, path, is_readable)) ++logs.json_count;
    if (!is_readable) ++logs.unreadable_count;
  }

  base::Filesystem& filesystem_;
  Survey survey_;
  size_t entry_count_ = 0;
};

bool listens(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const void* const untyped = &address;
  const bool is_connected =
      connect(descriptor, static_cast<const sockaddr*>(untyped), sizeof(address)) == 0;
  close(descriptor);
  return is_connected;
}

}  // namespace

Survey survey_logs(base::Filesystem& filesystem, const std::vector<std::string>& folders) {
  Walk walk(filesystem);
  for (const std::string& folder : folders) walk.descend(folder, 0);
  return walk.take();
}

std::vector<FoundServer> survey_servers() {
  std::vector<FoundServer> servers;
  const auto search = http_get({"http://127.0.0.1:9200/", "application/json", "", kAskTimeoutMs});
  // 401: it is there, and wants a password.
  if (search &&
      (search->status == 401 || search->body.find("\"cluster_name\"") != std::string::npos)) {
    servers.push_back({FoundServer::Kind::kElasticsearch, "http://localhost:9200"});
  }
  const auto loki =
      http_get({"http://127.0.0.1:3100/loki/api/v1/status/buildinfo", "*/*", "", kAskTimeoutMs});
  if (loki && loki->body.find("\"version\"") != std::string::npos) {
    servers.push_back({FoundServer::Kind::kLoki, "http://localhost:3100"});
  }
  if (listens(9092)) servers.push_back({FoundServer::Kind::kKafka, "localhost:9092"});
  return servers;
}

}  // namespace sawlog::agent::commands
