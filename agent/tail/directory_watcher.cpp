#include "agent/tail/directory_watcher.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <sys/inotify.h>
#include <unistd.h>
#include <unordered_set>

namespace sawlog::agent {

namespace {

// Growth, and everything that gives or takes a name.
constexpr uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

DirectoryWatcher::DirectoryWatcher() : descriptor_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

DirectoryWatcher::~DirectoryWatcher() {
  if (descriptor_ >= 0) close(descriptor_);
}

void DirectoryWatcher::watch(const std::vector<std::string>& directories) {
  const std::unordered_set<std::string> wanted(directories.begin(), directories.end());
  std::erase_if(watches_, [&](const auto& watch) {
    if (wanted.contains(watch.first)) return false;
    inotify_rm_watch(descriptor_, watch.second);
    return true;
  });
  unwatched_count_ = 0;
  for (const std::string& directory : wanted) {
    // Adding again what is watched changes nothing; a directory that was replaced is found anew.
    const int watch = inotify_add_watch(descriptor_, directory.c_str(), kEvents);
    if (watch < 0) {
      watches_.erase(directory);
      ++unwatched_count_;
    } else {
      watches_[directory] = watch;
    }
  }
}

bool DirectoryWatcher::drain() {
  bool has_events = false;
  alignas(inotify_event) std::array<char, 16384> events;
  while (descriptor_ >= 0) {
    const ssize_t count = read(descriptor_, events.data(), events.size());
    if (count > 0) has_events = true;
    if (count < 0 && errno == EINTR) continue;
    if (count < static_cast<ssize_t>(events.size() / 2)) break;
  }
  return has_events;
}

}  // namespace sawlog::agent
