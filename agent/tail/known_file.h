// Everything that tail knows about one file: the durable record, the object that consumers see, and
// what the looks of this process have found. Only tail's thread touches it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/checkpoint/identity_store.h"
#include "agent/tail/tailed_file.h"

namespace sawlog::agent {

// A file that is nowhere may come back (moved by hand, a disk mounted again): then it goes on.
constexpr int64_t kGiveUpAfterNs = 10'000'000'000;
constexpr size_t kNoSource = SIZE_MAX;  // its source is not configured (any more): left alone

struct KnownFile {
  IdentityRecord record;
  size_t source_index = kNoSource;
  std::shared_ptr<TailedFile> file;        // null while released, and without a source
  std::weak_ptr<TailedFile> former_file;   // what file was before: consumers may still hold it
  std::shared_ptr<const Content> content;  // open, and of record.inode; null while closed

  FileState state = FileState::kReading;  // as decided; consumers see it when it is durable
  bool is_published = false;              // in the FileTable
  uint64_t change_count = 0;              // of file, as last told by the FileTable
  bool is_damage_reported = false;
  bool is_held = false;  // content is the agent's own copy (held_content.h)

  // The last look.
  bool is_found = false;          // under some name
  bool has_live_name = false;     // the globs mean that name, and it may grow under it
  bool has_whole_copy = false;    // beside it: a sibling has all that it has
  bool is_copy_expected = false;  // a sibling begins like it, but it is too early to tell
  std::string path;               // a name that leads, or led, to it

  // Since the agent started.
  bool is_verified = false;  // the content was compared with the record
  Compression compression = Compression::kNone;
  base::FileStat status;    // when last compared
  uint64_t size_bytes = 0;  // decompressed, as far as known
  Cursor proof;             // bytes that its content must have, as far behind as is known
  int64_t grown_at_ns = 0;  // monotonic
  uint32_t looks_missing = 0;
  int64_t missing_since_ns = 0;
  uint32_t looks_nameless = 0;  // open here, but without a name
  uint64_t lost_inode = 0;      // which its content had until it was truncated or replaced there
  bool is_over_limit = false;   // the oldest of what is held (TailSource::held_bytes_max)
  bool is_cut_off = false;      // shortened in place: what begins like it is a file of its own
  bool was_sought_unnamed = false;
  int64_t ask_writers_at_ns = 0;
  int64_t ask_writers_delay_ns = 0;

  // Its content is nowhere: neither under a name nor behind a descriptor.
  [[nodiscard]] bool is_gone() const {
    return record.inode == 0 || (!is_found && content == nullptr);
  }
  // In two looks: a name that moves while a directory is listed can be missed once.
  [[nodiscard]] bool is_surely_gone() const { return is_gone() && looks_missing >= 2; }
};

class KnownFiles {
 public:
  using ById = std::unordered_map<base::FileId, std::unique_ptr<KnownFile>>;

  KnownFile& add(IdentityRecord record) {
    auto known = std::make_unique<KnownFile>();
    known->path = record.path;
    known->record = std::move(record);
    KnownFile& place = *(by_id_[known->record.id] = std::move(known));
    if (place.record.inode != 0) {
      by_inode_[{place.record.inode, place.record.device}] = &place;
    }
    return place;
  }
  void remove(const base::FileId& id) {
    set_inode(*by_id_.at(id), 0, 0);
    by_id_.erase(id);
  }
  [[nodiscard]] KnownFile* find(uint64_t device, uint64_t inode) {
    const auto found = by_inode_.find({inode, device});
    return found == by_inode_.end() ? nullptr : found->second;
  }
  void set_inode(KnownFile& known, uint64_t device, uint64_t inode) {
    const auto found = by_inode_.find({known.record.inode, known.record.device});
    if (found != by_inode_.end() && found->second == &known) by_inode_.erase(found);
    known.record.device = device;
    known.record.inode = inode;
    if (inode != 0) by_inode_[{inode, device}] = &known;
  }
  // On any device: after a reboot the numbers of devices may be others.
  [[nodiscard]] std::vector<KnownFile*> with_inode(uint64_t inode) const {
    std::vector<KnownFile*> files;
    for (auto place = by_inode_.lower_bound({inode, 0});
         place != by_inode_.end() && place->first.first == inode; ++place) {
      files.push_back(place->second);
    }
    return files;
  }
  [[nodiscard]] const ById& all() const { return by_id_; }

 private:
  ById by_id_;
  std::map<std::pair<uint64_t, uint64_t>, KnownFile*> by_inode_;  // inode, device
};

}  // namespace sawlog::agent
