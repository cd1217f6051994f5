#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/commands/arguments.h"
#include "agent/commands/commands.h"
#include "agent/commands/host_survey.h"
#include "config/path_glob.h"
#include "lib/base/json_encode.h"
#include "lib/base/posix_filesystem.h"
#include "lib/base/printable.h"

namespace sawlog::agent::commands {

namespace {

struct InitArguments {
  std::vector<std::string> folders;
  std::string output;
  bool replaces = false;
};

// JSON's strings are YAML's, too.
std::string quoted(const std::string& text) {
  std::string out;
  base::append_json_string(out, text);
  return out;
}

// Root's agent keeps its state where the package's does; anybody else's in his home.
std::string state_dir() {
  if (const char* state = std::getenv("XDG_STATE_HOME")) return std::string(state) + "/sawlog";
  if (geteuid() == 0) return "/var/lib/sawlog";
  if (const char* home = std::getenv("HOME")) return std::string(home) + "/.local/state/sawlog";
  return "sawlog-state";
}

// "/var/log/app" → "app"; a number behind it if that is taken.
std::string source_name(const std::string& folder, std::set<std::string>& taken) {
  std::string name;
  for (const char letter : folder.substr(folder.rfind('/') + 1)) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
    name += is_plain ? letter : '-';
  }
  while (name.starts_with('-')) name.erase(0, 1);
  if (name.empty() || name == "all") name = "logs";
  name.resize(std::min<size_t>(name.size(), 32));
  for (int number = 2; !taken.insert(name).second; ++number) {
    name = name.substr(0, name.find_last_not_of("0123456789") + 1) + std::to_string(number);
  }
  return name;
}

std::string sources_of(const Survey& survey, const std::vector<std::string>& folders) {
  std::string out = "sources:\n";
  std::set<std::string> taken;
  for (const FoundLogs& logs : survey.logs) {
    out += "  # " + std::to_string(logs.file_count) + (logs.file_count == 1 ? " file" : " files");
    if (logs.json_count > 0) out += ", " + std::to_string(logs.json_count) + " in JSON";
    if (logs.unreadable_count > 0) {
      out += ", " + std::to_string(logs.unreadable_count) + " that we may not read now";
    }
    // Wildcards in the name of a folder mean themselves.
    std::string folder;
    for (const char letter : logs.folder) {
      if (std::string_view("*?[\\").find(letter) != std::string_view::npos) folder += '\\';
      folder += letter;
    }
    out += "\n  " + source_name(logs.folder, taken) + ":\n    paths: [" +
           quoted(folder + "/*" + logs.ending) + "]\n";
  }
  if (survey.logs.empty()) {
    out += "  # no logs were found below " + base::printable(folders.front()) + "\n";
    out += "  app:\n    paths: [" + quoted(folders.front() + "/*.log") + "]\n";
  }
  for (const std::string& folder : survey.unseen) {
    out += "  # we may not look into " + base::printable(folder) + "\n";
  }
  if (survey.is_cut)
    out += "  # there are more files than we looked at: give `init` fewer folders\n";
  return out;
}

std::string server_line(const FoundServer& server) {
  switch (server.kind) {
    case FoundServer::Kind::kElasticsearch:
      return "  search: {type: elasticsearch, hosts: [" + quoted(server.address) + "]}\n";
    case FoundServer::Kind::kLoki:
      return "  loki: {type: loki, url: " + quoted(server.address) + "}\n";
    case FoundServer::Kind::kKafka:
      return "  stream: {type: kafka, brokers: [" + quoted(server.address) + "], topic: logs}\n";
  }
  return "";
}

std::string outputs_of(const std::vector<FoundServer>& servers, const std::string& state) {
  std::string out = "outputs:\n";
  for (const FoundServer& server : servers) {
    out += "  # it answers here\n" + server_line(server);
  }
  if (servers.empty()) {
    out +=
        "  # no server answers on this host's usual ports, so the records go to a file; others:\n"
        "  # search: {type: elasticsearch, hosts: [\"http://localhost:9200\"]}\n"
        "  # loki: {type: loki, url: \"http://localhost:3100\"}\n"
        "  # stream: {type: kafka, brokers: [\"localhost:9092\"], topic: logs}\n"
        "  archive: {type: file, path: " +
        quoted(state + "/archive/records.ndjson.zst") + "}\n";
  }
  return out;
}

std::string compose(const std::vector<std::string>& folders) {
  base::PosixFilesystem filesystem;
  const std::string state = state_dir();
  return "# Written by `sawlog init`. Every key: sawlog.yaml(5) or docs/configuration.md.\n"
         "#   sawlog check --config FILE     says what is wrong with it\n"
         "#   sawlog run --config FILE       follows and ships\n\n"
         "# cursors and dead letters; one agent at a time\n"
         "state_dir: " +
         quoted(state) +
         "\n"
         "# /metrics, /health and /status, for this host only\n"
         "http: {listen: \"127.0.0.1:7295\"}\n\n" +
         sources_of(survey_logs(filesystem, folders), folders) + "\n" +
         outputs_of(survey_servers(), state);
}

int write_to(const std::string& path, bool replaces, const std::string& text) {
  const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replaces ? O_TRUNC : O_EXCL);
  const int descriptor = open(path.c_str(), flags, 0640);
  if (descriptor < 0 && errno == EEXIST) {
    return refuse("init", "'" + path + "' is there already; --force replaces it");
  }
  std::FILE* const file = descriptor < 0 ? nullptr : fdopen(descriptor, "w");
  const bool is_written =
      file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool is_closed = file == nullptr || std::fclose(file) == 0;
  if (is_written && is_closed) return kExitDone;
  std::fprintf(stderr, "sawlog init: %s\n", base::os_error("write", path, errno).message.c_str());
  return kExitFailed;
}

}  // namespace

int init(const std::vector<std::string>& arguments) {
  InitArguments parsed;
  Usage usage{
      "init",
      "[DIR…] [--output FILE]",
      "Looks at this host: logs below the folders (/var/log when none is given), and servers\n"
      "that answer on their usual ports; and writes a configuration that works.",
      {{"output,o", "FILE", "write it there; to the standard output when left out", &parsed.output},
       {"force", "", "replace a file that is there", &parsed.replaces}}};
  usage.operands = &parsed.folders;
  if (const auto exit_code = parse_arguments(usage, arguments)) return *exit_code;
  if (parsed.folders.empty()) parsed.folders.emplace_back("/var/log");
  for (std::string& folder : parsed.folders) {
    folder = config::absolute_path(folder);
    if (base::PosixFilesystem().list(folder)) continue;
    return refuse("init", "cannot look into '" + folder + "'");
  }
  const std::string text = compose(parsed.folders);
  // What we write must be good: whoever reads on has a mistake of ours otherwise.
  for (const config::Mistake& mistake : config::load_text(text, "sawlog.yaml").mistakes) {
    std::fprintf(stderr, "sawlog init: %s\n", mistake.to_string().c_str());
  }
  if (!parsed.output.empty()) return write_to(parsed.output, parsed.replaces, text);
  return std::fputs(text.c_str(), stdout) >= 0 ? kExitDone : kExitFailed;
}

}  // namespace sawlog::agent::commands
