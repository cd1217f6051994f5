// The files that consumers may read: written by tail, read by every consumer.
//
// A consumer asks version() in each step and takes a new snapshot when it has changed; else it
// takes the files that changed (TailedFile::change_count()), so that its steps cost nothing for
// those that did not. Snapshots share the TailedFile objects: a consumer may hold one a little
// longer than tail does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
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

  // After the files were changed.
  void note_changes(const std::vector<base::FileId>& changed) {
    if (changed.empty()) return;
    const std::lock_guard lock(mutex_);
    if (changes_.size() + changed.size() > kChangesMax) {
      first_change_ += changes_.size() + changed.size();
      changes_.clear();
    } else {
      changes_.insert(changes_.end(), changed.begin(), changed.end());
    }
    change_end_.store(first_change_ + changes_.size(), std::memory_order_release);
  }
  // How many changes there were so far.
  [[nodiscard]] uint64_t change_end() const { return change_end_.load(std::memory_order_acquire); }
  // What changed since change_end() was `seen`, which becomes the present. nullopt: any file may
  // have, it is too long ago to tell.
  [[nodiscard]] std::optional<std::vector<base::FileId>> take_changes(uint64_t& seen) const {
    if (seen == change_end()) return std::vector<base::FileId>();
    const std::lock_guard lock(mutex_);
    const uint64_t from = std::exchange(seen, first_change_ + changes_.size());
    if (from < first_change_) return std::nullopt;
    return std::vector<base::FileId>(
        changes_.begin() + static_cast<ptrdiff_t>(from - first_change_), changes_.end());
  }

 private:
  static constexpr size_t kChangesMax = 16384;

  mutable std::mutex mutex_;
  std::shared_ptr<const FileList> files_ = std::make_shared<const FileList>();
  std::atomic<uint64_t> version_{0};
  std::vector<base::FileId> changes_;
  uint64_t first_change_ = 0;  // how many there were before changes_
  std::atomic<uint64_t> change_end_{0};
};

}  // namespace sawlog::agent
