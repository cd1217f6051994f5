// An append-only file of checksummed records: what all of the agent's state is kept in.
//
// Format (docs/state.md), little-endian:
//   header  "SAWLOGJ\n", u32 version, u32 kind, u64 0, u64 XXH3 of the 24 bytes before
//   record  u32 marker, u32 type, u64 sequence (from 1), u64 payload size, u64 checksum, payload
//           checksum = XXH3 of the payload, seeded with the XXH3 of the 24 bytes before it
//
// Durability: append() and rewrite() return after fdatasync. A crash in append() leaves the records
// as they were, or with the new one; a crash in rewrite() leaves the old file or the new one.
//
// What open() does with what it finds:
//   * a last record that is not whole (its bytes never got to the disk) is cut off;
//   * a record that is not what was written, with whole ones behind it, is damage: a copy of the
//     file goes to PATH.damaged-N, and the records before the damage are the state;
//   * a header of another version is an error that says so: nothing is touched.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

enum class JournalKind : uint32_t { kIdentities = 1, kConsumer = 2, kAlerts = 3 };

struct JournalRecord {
  uint32_t type = 0;
  std::string payload;
};

class Journal {
 public:
  struct Opened {
    std::unique_ptr<Journal> journal;
    std::vector<JournalRecord> records;
    std::string damage;                        // "" or one sentence
    std::vector<JournalRecord> later_records;  // whole ones behind the damage: not the state
  };
  // Makes the file (its directory must be there) if it is not there. The filesystem outlives it.
  [[nodiscard]] static base::Expected<Opened> open(base::Filesystem& filesystem, std::string path,
                                                   JournalKind kind);

  // After an error nobody knows what the file holds: needs_rewrite().
  [[nodiscard]] base::Expected<void> append(uint32_t type, std::string_view payload);
  // Replaces everything by these records (write aside, fsync, rename, fsync of the directory).
  [[nodiscard]] base::Expected<void> rewrite(const std::vector<JournalRecord>& records);
  // append() is refused until a rewrite() has succeeded.
  [[nodiscard]] bool needs_rewrite() const { return needs_rewrite_; }
  [[nodiscard]] uint64_t size_bytes() const { return size_bytes_; }

 private:
  Journal(base::Filesystem& filesystem, std::string path, JournalKind kind);
  tl::unexpected<base::Error> named(const base::Error& error, std::string_view action) const;

  base::Filesystem& filesystem_;
  const std::string path_;
  const JournalKind kind_;
  std::unique_ptr<base::File> file_;
  uint64_t size_bytes_ = 0;
  uint64_t next_sequence_ = 1;
  bool needs_rewrite_ = false;
};

}  // namespace sawlog::agent
