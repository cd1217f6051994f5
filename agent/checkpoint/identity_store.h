// Who the log files are: state_dir/files, the durable half of what tail knows (docs/state.md).
//
// put(), forget() and set_first_start() only note what is to change; commit() makes all of it
// durable in one record, so that a crash leaves all of it or nothing. After an error the changes
// stay noted and the next commit() tries again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/checkpoint/journal.h"
#include "lib/base/error.h"
#include "lib/base/file_id.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

// How a file begins: XXH3 of its first length_bytes decompressed bytes. Grows with the file up to
// 1,024.
struct Evidence {
  uint64_t hash = 0;
  uint32_t length_bytes = 0;
  auto operator<=>(const Evidence&) const = default;
};

constexpr size_t kNotedCopiesMax = 8;

struct IdentityRecord {
  base::FileId id;
  std::string source;  // its name in the configuration
  std::string path;    // the name under which the file was first found
  std::string base;    // the live name that its rotated siblings are named after
  uint64_t device = 0;
  uint64_t inode = 0;  // 0: its content is nowhere at present
  Evidence evidence;
  // Bytes at 64, at each double up to 1,024 and then at each half more: what is shorter than the
  // evidence is compared by them, and files that begin alike for long are told apart.
  std::vector<Cursor> marks;
  // The ends of shorter copies that were seen beside the original: otherwise nothing would tell
  // them from other files when it is gone. The last kNotedCopiesMax.
  std::vector<Cursor> copies;
  uint64_t start_offset = 0;  // where a consumer without a cursor begins
  // Once its end is final: the size, and a proof of the last bytes. Of a file that was given up:
  // the last bytes that were known. Of a copy: the last bytes that it surely has.
  bool end_is_final = false;
  Cursor end;
  bool is_released = false;  // every consumer is done with it
  // Of compressed content: as it was when its end was proven, so that it need not be decoded again.
  uint64_t compressed_bytes = 0;
  int64_t modified_unix_ns = 0;
  bool is_copy = false;  // its content is a copy, which may end before what was read of it
  int64_t last_seen_unix_ns = 0;
  // The agent's own copy of what was unread (agent/tail/held_content.h): from and to which offset,
  // what it occupies, since when. held_end 0: there is none.
  uint64_t held_begin = 0;
  uint64_t held_end = 0;
  uint64_t held_bytes = 0;
  int64_t held_since_unix_ns = 0;
  auto operator<=>(const IdentityRecord&) const = default;
};

class IdentityStore {
 public:
  [[nodiscard]] static base::Expected<std::unique_ptr<IdentityStore>> open(
      base::Filesystem& filesystem, const std::string& state_dir);

  // What is noted, durable or not yet.
  [[nodiscard]] const std::unordered_map<base::FileId, IdentityRecord>& records() const {
    return records_;
  }
  // When the source was first seen; nothing before its first look.
  [[nodiscard]] std::optional<int64_t> first_start_unix_ns(const std::string& source) const;

  void put(IdentityRecord record);
  void forget(const base::FileId& id);
  void set_first_start(const std::string& source, int64_t unix_ns);
  [[nodiscard]] base::Expected<void> commit();

  // "" or one sentence about damage that was found when opening.
  [[nodiscard]] const std::string& damage() const { return damage_; }
  [[nodiscard]] uint64_t journal_bytes() const { return journal_->size_bytes(); }

 private:
  IdentityStore() = default;
  base::Expected<void> apply(const JournalRecord& record);
  std::string encode_changes() const;
  std::string encode_everything() const;

  std::unique_ptr<Journal> journal_;
  std::string damage_;
  std::unordered_map<base::FileId, IdentityRecord> records_;
  std::map<std::string, int64_t> first_starts_;
  // Not committed yet: files to write (or, where records_ has none, to forget) and sources.
  std::unordered_set<base::FileId> changed_files_;
  std::map<std::string, int64_t> changed_sources_;
};

}  // namespace sawlog::agent
