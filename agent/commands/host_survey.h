// What `sawlog init` finds on a host: logs below some folders, and servers on their usual ports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/filesystem.h"

namespace sawlog::agent::commands {

// Logs of one folder that have the same ending.
struct FoundLogs {
  std::string folder;
  std::string ending;  // ".log"
  uint64_t file_count = 0;
  uint64_t unreadable_count = 0;
  uint64_t json_count = 0;  // files that begin with a JSON object
  [[nodiscard]] std::string glob() const { return folder + "/*" + ending; }
};

struct Survey {
  std::vector<FoundLogs> logs;      // by folder
  std::vector<std::string> unseen;  // folders that could not be listed
  bool is_cut = false;              // there was more than we look at
};

// Links are not followed; at most kDepthMax levels and kEntriesMax names.
constexpr size_t kDepthMax = 6;
constexpr size_t kEntriesMax = 50'000;
[[nodiscard]] Survey survey_logs(base::Filesystem& filesystem,
                                 const std::vector<std::string>& folders);

struct FoundServer {
  enum class Kind : uint8_t { kElasticsearch, kKafka, kLoki };
  Kind kind;
  std::string address;  // as the configuration wants it
};

// Asks 127.0.0.1: 9200, 3100, 9092. Nothing is changed anywhere.
[[nodiscard]] std::vector<FoundServer> survey_servers();

}  // namespace sawlog::agent::commands
