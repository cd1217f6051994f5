// The seam to the disk: what tail, the checkpoints and the file output need of POSIX, no more.
// Tests replace it by tests/support/fake_filesystem.h, which forgets what was not fsynced, fails
// the n-th call, and knows inodes, hard links, deleted-but-open files and who has a file open for
// writing.
//
// Durability, as POSIX gives it and as the fake enforces it:
//   * bytes survive a crash after File::sync_data() returned;
//   * a new name, a rename or a removal survives after sync_directory() of its directory returned.
// All calls are thread-safe; one File may be read (pread) by several threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace sawlog::base {

struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size_bytes = 0;
  int64_t modified_unix_ns = 0;  // of the content; can be set by anybody (gzip copies it)
  int64_t changed_unix_ns = 0;   // of content, name or rights; set by the kernel only
  uint64_t link_count = 0;       // 0: deleted, alive only through open descriptors
  bool is_directory = false;
  bool is_regular = false;  // false for devices, pipes, sockets: never tailed
};

enum class WriterState : uint8_t {
  kNone,     // no process has the file open for writing: its end is final
  kSome,     // some process may still write
  kUnknown,  // this system does not let us ask
};

class File {
 public:
  virtual ~File() = default;
  // Up to into.size() bytes at offset; 0 at or behind the end. Short only at the end of the file.
  [[nodiscard]] virtual Expected<size_t> read_at(uint64_t offset, std::span<char> into) = 0;
  // All of the bytes at the current end. On an error nothing is promised about how many got there.
  [[nodiscard]] virtual Expected<void> append(std::string_view bytes) = 0;
  [[nodiscard]] virtual Expected<void> truncate(uint64_t size_bytes) = 0;
  [[nodiscard]] virtual Expected<void> sync_data() = 0;  // fdatasync
  [[nodiscard]] virtual Expected<FileStat> stat() = 0;
  // Whether any process has this inode open for writing (read lease, else /proc/*/fd). Only for
  // files opened by kRead or open_unnamed().
  [[nodiscard]] virtual WriterState writer_state() = 0;
};

enum class OpenMode : uint8_t {
  kRead,       // O_RDONLY, never follows into a FIFO or device (O_NONBLOCK)
  kAppend,     // O_RDWR | O_CREAT | O_APPEND, mode 0600
  kCreateNew,  // the same and O_EXCL
  kTruncate,   // O_RDWR | O_CREAT | O_TRUNC | O_APPEND, mode 0600: for write-aside, then rename
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;  // symbolic links are not followed here
  bool is_link = false;       // a symbolic link
};

class Filesystem {
 public:
  virtual ~Filesystem() = default;
  [[nodiscard]] virtual Expected<std::unique_ptr<File>> open(const std::string& path,
                                                             OpenMode mode) = 0;
  // Opens a file for reading that has lost its last name but is still open in some process
  // (/proc/*/fd; needs that process's uid or root). kNotFound if there is none. Slow: looks at
  // every descriptor of the system.
  [[nodiscard]] virtual Expected<std::unique_ptr<File>> open_unnamed(uint64_t device,
                                                                     uint64_t inode) = 0;
  [[nodiscard]] virtual Expected<FileStat> stat(const std::string& path) = 0;  // follows links
  // Names without "." and ".."; in no order.
  [[nodiscard]] virtual Expected<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
  [[nodiscard]] virtual Expected<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Expected<void> remove(const std::string& path) = 0;
  // The directory and its parents, mode 0700; fine if it is there already. Durable when it returns.
  [[nodiscard]] virtual Expected<void> create_directories(const std::string& path) = 0;
  [[nodiscard]] virtual Expected<void> sync_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Expected<uint64_t> free_bytes(const std::string& path) = 0;
  // The resolved absolute path, symbolic links followed.
  [[nodiscard]] virtual Expected<std::string> real_path(const std::string& path) = 0;
};

}  // namespace sawlog::base
