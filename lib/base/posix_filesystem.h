// The Filesystem of the real system. Stateless and thread-safe.
//
// Every descriptor is close-on-exec. Reading never waits on a FIFO or device (O_NONBLOCK).
#pragma once

#include "lib/base/filesystem.h"

namespace sawlog::base {

class PosixFilesystem final : public Filesystem {
 public:
  [[nodiscard]] Expected<std::unique_ptr<File>> open(const std::string& path,
                                                     OpenMode mode) override;
  [[nodiscard]] Expected<std::unique_ptr<File>> open_unnamed(uint64_t device,
                                                             uint64_t inode) override;
  [[nodiscard]] Expected<FileStat> stat(const std::string& path) override;
  [[nodiscard]] Expected<std::vector<DirectoryEntry>> list(const std::string& path) override;
  [[nodiscard]] Expected<void> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Expected<void> remove(const std::string& path) override;
  [[nodiscard]] Expected<void> create_directories(const std::string& path) override;
  [[nodiscard]] Expected<void> sync_directory(const std::string& path) override;
  [[nodiscard]] Expected<uint64_t> free_bytes(const std::string& path) override;
  [[nodiscard]] Expected<std::string> real_path(const std::string& path) override;
};

}  // namespace sawlog::base
