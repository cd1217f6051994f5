#include "lib/base/proc_descriptors.h"

#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace sawlog::base {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

bool is_number(const char* name) {
  return name[0] >= '0' && name[0] <= '9';
}

enum class Visit : uint8_t { kGoOn, kStop };
using Visitor = std::function<Visit(const std::string& process, const std::string& descriptor)>;

// Calls the visitor for each descriptor that leads to the inode. False if some process could not be
// looked into.
bool visit_descriptors(uint64_t device, uint64_t inode, const Visitor& visit) {
  bool is_complete = true;
  const Directory processes(opendir("/proc"));
  if (processes == nullptr) return false;
  while (const dirent* process = readdir(processes.get())) {
    if (!is_number(process->d_name)) continue;
    const std::string process_path = std::string("/proc/") + process->d_name;
    const Directory descriptors(opendir((process_path + "/fd").c_str()));
    if (descriptors == nullptr) {
      if (errno == EACCES || errno == EPERM) is_complete = false;
      continue;
    }
    while (const dirent* descriptor = readdir(descriptors.get())) {
      struct stat status{};
      if (!is_number(descriptor->d_name) ||
          fstatat(dirfd(descriptors.get()), descriptor->d_name, &status, 0) != 0 ||
          status.st_dev != device || status.st_ino != inode) {
        continue;
      }
      if (visit(process_path, descriptor->d_name) == Visit::kStop) return is_complete;
    }
  }
  return is_complete;
}

// From /proc/PID/fdinfo/N: "flags:\t0100001", octal (proc(5)).
bool is_open_for_writing(const std::string& process_path, const std::string& descriptor) {
  std::ifstream info(process_path + "/fdinfo/" + descriptor);
  for (std::string word; info >> word;) {
    if (word != "flags:") continue;
    info >> word;
    const long flags = std::strtol(word.c_str(), nullptr, 8);
    return (flags & O_ACCMODE) != O_RDONLY;
  }
  return true;  // gone or unreadable: better one more look than an end that is none
}

}  // namespace

WriterState writers_in_proc(uint64_t device, uint64_t inode) {
  bool has_writer = false;
  const bool is_complete = visit_descriptors(
      device, inode, [&](const std::string& process, const std::string& descriptor) {
        has_writer = is_open_for_writing(process, descriptor);
        return has_writer ? Visit::kStop : Visit::kGoOn;
      });
  if (has_writer) return WriterState::kSome;
  return is_complete ? WriterState::kNone : WriterState::kUnknown;
}

std::optional<std::string> descriptor_path_in_proc(uint64_t device, uint64_t inode) {
  std::optional<std::string> found;
  visit_descriptors(device, inode, [&](const std::string& process, const std::string& descriptor) {
    found = process + "/fd/" + descriptor;
    return Visit::kStop;
  });
  return found;
}

}  // namespace sawlog::base
