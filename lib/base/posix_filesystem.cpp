#include "lib/base/posix_filesystem.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

#include "lib/base/proc_descriptors.h"

namespace sawlog::base {

namespace {

constexpr mode_t kFileRights = 0600;
constexpr mode_t kDirectoryRights = 0700;

tl::unexpected<Error> failure(std::string_view action, std::string_view path) {
  return tl::unexpected<Error>(os_error(action, path, errno));
}

int64_t to_ns(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStat to_file_stat(const struct stat& status) {
  FileStat result;
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.size_bytes = static_cast<uint64_t>(status.st_size);
  result.modified_unix_ns = to_ns(status.st_mtim);
  result.changed_unix_ns = to_ns(status.st_ctim);
  result.link_count = status.st_nlink;
  result.is_directory = S_ISDIR(status.st_mode);
  result.is_regular = S_ISREG(status.st_mode);
  return result;
}

// Repeats a call while a signal interrupts it.
template <class Call>
auto retry(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Expected<size_t> read_at(uint64_t offset, std::span<char> into) override {
    size_t done = 0;
    while (done < into.size()) {
      const ssize_t count = retry([&] {
        return pread(descriptor_, into.data() + done, into.size() - done,
                     static_cast<off_t>(offset + done));
      });
      if (count < 0) return failure("read", path_);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

  Expected<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = retry([&] { return write(descriptor_, bytes.data(), bytes.size()); });
      if (count < 0) return failure("write", path_);
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return {};
  }

  Expected<void> truncate(uint64_t size_bytes) override {
    if (retry([&] { return ftruncate(descriptor_, static_cast<off_t>(size_bytes)); }) != 0) {
      return failure("truncate", path_);
    }
    return {};
  }

  Expected<void> sync_data() override {
    if (retry([&] { return fdatasync(descriptor_); }) != 0) return failure("sync", path_);
    return {};
  }

  Expected<FileStat> stat() override {
    struct stat status{};
    if (fstat(descriptor_, &status) != 0) return failure("stat", path_);
    return to_file_stat(status);
  }

  WriterState writer_state() override;

 private:
  const int descriptor_;
  const std::string path_;
};

// A read lease is granted only while nobody has the inode open for writing (fcntl(2), "Leases"; for
// the owner of the file or CAP_LEASE). It is given back at once. Whoever opens the file for writing
// in between waits for that moment; the kernel tells us by a signal, and SIGURG is one that nobody
// minds (the default SIGIO would end the process).
WriterState PosixFile::writer_state() {
  if (fcntl(descriptor_, F_SETSIG, SIGURG) == 0) {
    if (fcntl(descriptor_, F_SETLEASE, F_RDLCK) == 0) {
      fcntl(descriptor_, F_SETLEASE, F_UNLCK);
      return WriterState::kNone;
    }
    if (errno == EAGAIN) return WriterState::kSome;
  }
  struct stat status{};
  if (fstat(descriptor_, &status) != 0) return WriterState::kUnknown;
  return writers_in_proc(status.st_dev, status.st_ino);
}

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY | O_NONBLOCK | O_NOCTTY;
    case OpenMode::kAppend:
      return O_RDWR | O_CREAT | O_APPEND;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_APPEND | O_EXCL;
    case OpenMode::kTruncate:
      return O_RDWR | O_CREAT | O_APPEND | O_TRUNC;
  }
  return O_RDONLY;
}

}  // namespace

Expected<std::unique_ptr<File>> PosixFilesystem::open(const std::string& path, OpenMode mode) {
  const int descriptor =
      retry([&] { return ::open(path.c_str(), open_flags(mode) | O_CLOEXEC, kFileRights); });
  if (descriptor < 0) return failure("open", path);
  return std::make_unique<PosixFile>(descriptor, path);
}

Expected<std::unique_ptr<File>> PosixFilesystem::open_unnamed(uint64_t device, uint64_t inode) {
  const auto path = descriptor_path_in_proc(device, inode);
  if (!path) {
    return unexpected(ErrorCode::kNotFound,
                      "cannot open inode '" + std::to_string(inode) + "': no process has it open");
  }
  auto file = open(*path, OpenMode::kRead);
  if (!file) return file;
  const auto status = (*file)->stat();  // the process may have closed it and opened another
  if (!status || status->device != device || status->inode != inode) {
    return unexpected(ErrorCode::kNotFound,
                      "cannot open inode '" + std::to_string(inode) + "': it was just closed");
  }
  return file;
}

Expected<FileStat> PosixFilesystem::stat(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return failure("stat", path);
  return to_file_stat(status);
}

Expected<std::vector<DirectoryEntry>> PosixFilesystem::list(const std::string& path) {
  struct Close {
    void operator()(DIR* directory) const { closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(opendir(path.c_str()));
  if (directory == nullptr) return failure("list", path);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    unsigned char type = entry->d_type;
    if (type == DT_UNKNOWN) {  // some file systems do not say
      struct stat status{};
      if (lstat((path + "/" + name).c_str(), &status) == 0) {
        type = IFTODT(status.st_mode);
      }
    }
    entries.push_back({std::move(name), type == DT_DIR, type == DT_LNK});
  }
  if (errno != 0) return failure("list", path);
  return entries;
}

Expected<void> PosixFilesystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failure("rename", from);
  return {};
}

Expected<void> PosixFilesystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return failure("remove", path);
  return {};
}

Expected<void> PosixFilesystem::create_directories(const std::string& path) {
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), kDirectoryRights) == 0 || errno == EEXIST) continue;
    if (errno != EROFS) return failure("make the directory", part);
    struct stat status{};
    if (::stat(part.c_str(), &status) != 0) {
      errno = EROFS;
      return failure("make the directory", part);
    }
  }
  const auto status = stat(path);
  if (!status) return tl::unexpected(status.error());
  if (!status->is_directory) {
    errno = ENOTDIR;
    return failure("make the directory", path);
  }
  return {};
}

Expected<void> PosixFilesystem::sync_directory(const std::string& path) {
  const int descriptor =
      retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) return failure("sync the directory", path);
  const int result = retry([&] { return fsync(descriptor); });
  const int sync_errno = errno;
  close(descriptor);
  errno = sync_errno;
  if (result != 0) return failure("sync the directory", path);
  return {};
}

Expected<uint64_t> PosixFilesystem::free_bytes(const std::string& path) {
  struct statvfs status{};
  if (statvfs(path.c_str(), &status) != 0) return failure("ask the free space of", path);
  return uint64_t{status.f_bavail} * status.f_frsize;
}

Expected<std::string> PosixFilesystem::real_path(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return failure("resolve", path);
  return std::string(resolved);
}

}  // namespace sawlog::base
