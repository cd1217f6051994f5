// Hints that something changed in the tailed directories (inotify). Only hints: the scan is the
// truth, so that a lost event, an overflow or a directory that cannot be watched costs time, never
// a line. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace sawlog::agent {

class DirectoryWatcher {
 public:
  DirectoryWatcher();
  ~DirectoryWatcher();
  DirectoryWatcher(const DirectoryWatcher&) = delete;
  DirectoryWatcher& operator=(const DirectoryWatcher&) = delete;

  // Readable when there is something to drain; -1 where the system has no inotify left to give.
  [[nodiscard]] int fd() const { return descriptor_; }

  // Watches these directories and no others (Tail::watched_directories()). Those that cannot be
  // watched (fs.inotify.max_user_watches, gone) are tried again at the next call.
  void watch(const std::vector<std::string>& directories);
  // How many of them depend on the scan alone.
  [[nodiscard]] size_t unwatched_count() const { return unwatched_count_; }

  // Takes the events that are there; true if there were any.
  bool drain();

 private:
  int descriptor_;
  std::unordered_map<std::string, int> watches_;
  size_t unwatched_count_ = 0;
};

}  // namespace sawlog::agent
