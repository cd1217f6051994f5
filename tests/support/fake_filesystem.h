// A disk in memory for tests and the simulator: inodes, hard links, symbolic links, files that are
// deleted but open, what is durable and what is not, and processes that have files open for
// writing.
//
// Two sides:
//   * the agent's, through base::Filesystem: durable only after sync_data() and sync_directory(); a
//     fault can be injected into every call;
//   * the world's (the services, logrotate): durable at once, never faulty.
//
// crash() is a power cut: what was not synced is gone, open Files are dead. A kill -9
// of the agent alone loses nothing: drop the agent's objects. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/filesystem.h"

namespace sawlog::tests {

class FakeFilesystem final : public base::Filesystem {
 public:
  explicit FakeFilesystem(const base::Clock& clock);
  ~FakeFilesystem() override;

  // --- the agent's side
  [[nodiscard]] base::Expected<std::unique_ptr<base::File>> open(const std::string& path,
                                                                 base::OpenMode mode) override;
  [[nodiscard]] base::Expected<std::unique_ptr<base::File>> open_unnamed(uint64_t device,
                                                                         uint64_t inode) override;
  [[nodiscard]] base::Expected<base::FileStat> stat(const std::string& path) override;
  [[nodiscard]] base::Expected<std::vector<base::DirectoryEntry>> list(
      const std::string& path) override;
  [[nodiscard]] base::Expected<void> rename(const std::string& from,
                                            const std::string& to) override;
  [[nodiscard]] base::Expected<void> remove(const std::string& path) override;
  [[nodiscard]] base::Expected<void> create_directories(const std::string& path) override;
  [[nodiscard]] base::Expected<void> sync_directory(const std::string& path) override;
  [[nodiscard]] base::Expected<uint64_t> free_bytes(const std::string& path) override;
  [[nodiscard]] base::Expected<std::string> real_path(const std::string& path) override;

  // Asked before each call of the agent's side ("open", "append", "sync_data", …); an errno makes
  // it fail.
  using Fault = std::function<std::optional<int>(std::string_view call, const std::string& path)>;
  void set_fault(Fault fault);
  // The n-th call from now (0: the next) that changes something fails, and all after it if so.
  void fail_change(uint64_t n, int os_errno, bool and_all_after = false);
  [[nodiscard]] uint64_t change_count() const;                // such calls so far
  void set_free_bytes(uint64_t bytes);                        // what the agent may still append
  void set_writers_unknown(bool unknown);                     // writer_state() says kUnknown
  [[nodiscard]] std::vector<std::string> open_paths() const;  // by the agent

  // A power cut. Of what was appended but not synced each file keeps the first bytes, this many.
  void crash(uint64_t unsynced_bytes_kept = 0);
  void set_device(uint64_t device);  // as after a reboot
  // A freed inode number goes to the next new file, as on ext4.
  void set_inode_reuse(bool reuse);

  // --- the world's side; paths must be right (CHECK)
  void make_directory(const std::string& path);
  void write_file(const std::string& path, std::string_view text);  // a new inode if there is none
  void append_to(const std::string& path, std::string_view text);   // opens, appends, closes
  void truncate_file(const std::string& path, uint64_t size_bytes = 0);
  void move(const std::string& from, const std::string& to);
  void unlink(const std::string& path);
  void link(const std::string& existing, const std::string& path);
  void symlink(const std::string& target, const std::string& path);
  void copy_file(const std::string& from, const std::string& to);
  // What gzip, zstd and xz do: writes FROM.gz with FROM's modification time; FROM stays.
  enum class Format : uint8_t { kGzip, kZstd, kXz };
  std::string compress_file(const std::string& from, Format format = Format::kGzip);
  void set_modified(const std::string& path, int64_t unix_ns);
  [[nodiscard]] std::string content(const std::string& path) const;
  [[nodiscard]] uint64_t inode_of(const std::string& path) const;
  [[nodiscard]] bool exists(const std::string& path) const;

  struct Node;
  // A process that has the file open for appending, whatever becomes of its name.
  class Writer {
   public:
    void append(std::string_view text);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

   private:
    friend class FakeFilesystem;
    Writer(FakeFilesystem& filesystem, std::shared_ptr<Node> node);
    FakeFilesystem& filesystem_;
    std::shared_ptr<Node> node_;
  };
  [[nodiscard]] std::unique_ptr<Writer> open_writer(const std::string& path);  // O_CREAT

 private:
  class FakeFile;
  using NodePtr = std::shared_ptr<Node>;
  struct Place {  // a name in a directory; node is null if it is not there
    NodePtr directory;
    std::string name;
    NodePtr node;
    std::string path;  // resolved
  };

  std::optional<int> refuse(std::string_view call, const std::string& path, bool is_change);
  base::Expected<Place> find(std::string_view action, const std::string& path, bool follow) const;
  Place must_find(const std::string& path, bool must_exist = true) const;
  NodePtr new_node();
  bool is_taken(uint64_t inode) const;
  NodePtr create(const Place& place, bool is_durable);
  void unlink_node(const NodePtr& node);
  void touch(Node& node, bool is_modified);
  base::FileStat stat_of(const Node& node) const;
  void put(const Place& place, const NodePtr& node, bool is_durable);
  void recount_links();
  void free_inode_if_dead(const Node& node);

  const base::Clock& clock_;
  mutable std::recursive_mutex mutex_;
  NodePtr root_;
  uint64_t device_ = 1;
  uint64_t next_inode_ = 100;
  uint64_t ticks_ = 0;
  uint64_t generation_ = 0;  // of the machine: rises with each crash
  bool reuses_inodes_ = false;
  bool writers_are_unknown_ = false;
  std::vector<uint64_t> free_inodes_;
  std::vector<std::weak_ptr<Node>> nodes_;
  Fault fault_;
  uint64_t change_count_ = 0;
  std::optional<uint64_t> failing_change_;
  int failing_errno_ = 0;
  bool fails_after_ = false;
  uint64_t free_bytes_ = UINT64_MAX;
  std::multiset<std::string> open_paths_;
};

}  // namespace sawlog::tests
