// The files that consumers may read: written by tail, read by every consumer.
//
// A consumer asks version() in each step and takes a new snapshot when it has changed. Snapshots
// share the TailedFile objects: a consumer may hold one a little longer than tail does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "agent/tail/tailed_file.h"

namespace sawlog::agent {

using FileList = std::vector<std::shared_ptr<TailedFile>>;  // oldest first

class FileTable {
 public:
  [[nodiscard]] uint64_t version() const { return version_.load(std::memory_order_acquire); }
  [[nodiscard]] std::shared_ptr<const FileList> snapshot() const {
    const std::lock_guard lock(mutex_);
    return files_;
  }
  void publish(FileList files) {
    const std::lock_guard lock(mutex_);
    files_ = std::make_shared<const FileList>(std::move(files));
    version_.fetch_add(1, std::memory_order_release);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const FileList> files_ = std::make_shared<const FileList>();
  std::atomic<uint64_t> version_{0};
};

}  // namespace sawlog::agent
