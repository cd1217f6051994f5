// What one consumer must not forget: cursors, ledger, its handler's state, notes. One journal,
// state_dir/consumers/NAME (format: docs/state.md), written only by that consumer's thread.
//
// Invariants:
//   * save() is atomic: after a crash at any instruction the loaded state is that of the last
//     save() that returned, or of one that was under way; never a mixture;
//   * save() returns after fdatasync: what it was given is durable;
//   * a torn tail (the last, incomplete record) is cut off silently; damage before it moves the
//     journal aside (NAME.damaged-…) with an error, and the last good state before the damage is
//     used; how far the lost ones had come is known by what of them can be read (reached);
//   * a prepared save counts from conclude(true) on; until then the state is that of before it, and
//     no other save() is made. It survives a crash: who opens the checkpoint concludes it;
//   * compaction (write aside, fsync, rename, fsync of the directory) happens inside save() when
//     the journal has grown to several times its full state.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file_id.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

// The place of the next unacknowledged line, with what proves that the file still is the one we
// read.
struct Cursor {
  uint64_t offset = 0;
  uint64_t hash_before = 0;   // XXH3 of the hashed_bytes before offset
  uint32_t hashed_bytes = 0;  // min(offset, 256)
  auto operator<=>(const Cursor&) const = default;
};

// What a chunk became that its content does not say: the time given to lines without one, the time
// of the file, which years are taken from, and that its last record ends here.
struct TimeNote {
  uint64_t begin = 0;
  uint64_t end = 0;
  int64_t unix_ns = 0;       // of the first read
  int64_t file_unix_ns = 0;  // of the file's content then
  auto operator<=>(const TimeNote&) const = default;
};

// Input lines and bytes since the state directory was made. At every save:
// read = delivered + dead_lettered + filtered + abandoned (in flight is zero at a saved boundary).
struct Ledger {
  uint64_t read_lines = 0;
  uint64_t read_bytes = 0;
  uint64_t delivered_lines = 0;
  uint64_t delivered_bytes = 0;
  uint64_t filtered_lines = 0;
  uint64_t abandoned_lines = 0;
  uint64_t abandoned_bytes = 0;
  uint64_t dead_lettered_lines = 0;
  uint64_t cut_lines = 0;       // longer than the limit, delivered cut
  uint64_t not_json_lines = 0;  // delivered wrapped
  auto operator<=>(const Ledger&) const = default;
};

// What changed since the last save; a full handler state replaces all the earlier ones.
struct ConsumerSave {
  std::vector<std::pair<base::FileId, Cursor>> cursors;
  std::vector<base::FileId> forgotten;  // files that were released: cursor and notes go
  Ledger ledger;
  std::string handler_state;
  bool handler_state_is_full = false;
};

struct ConsumerState {
  std::unordered_map<base::FileId, Cursor> cursors;
  std::unordered_map<base::FileId, std::vector<TimeNote>> time_notes;  // by begin
  Ledger ledger;
  std::vector<std::string> handler_states;  // one full state, then the deltas
  std::optional<ConsumerSave> prepared;
  // Offsets that the cursors had passed before damage took them back: what was counted and shown
  // goes so far at least. Until a cursor has passed its own again.
  std::unordered_map<base::FileId, uint64_t> reached;
};

class ConsumerCheckpoint {
 public:
  [[nodiscard]] static base::Expected<std::unique_ptr<ConsumerCheckpoint>> open(
      base::Filesystem& filesystem, const std::string& state_dir, const std::string& consumer_name);
  // The journal of old_name becomes that of new_name, durably; true if it did. Nothing happens if
  // there is none, or new_name has one already. Neither is open.
  [[nodiscard]] static base::Expected<bool> take_over(base::Filesystem& filesystem,
                                                      const std::string& state_dir,
                                                      const std::string& old_name,
                                                      const std::string& new_name);
  ~ConsumerCheckpoint();

  // What was loaded, kept up to date by everything below.
  [[nodiscard]] const ConsumerState& state() const;
  // Whether the next save() should bring a full handler state: at the first save and when the
  // deltas have outgrown it.
  [[nodiscard]] bool wants_full_state() const;
  [[nodiscard]] base::Expected<void> save(const ConsumerSave& save);
  // The two steps of a save that somebody else decides about: the transaction of an output that is
  // committed in between. Both are durable when they return.
  [[nodiscard]] base::Expected<void> prepare(const ConsumerSave& save);
  [[nodiscard]] base::Expected<void> conclude(bool holds);
  // Durable when it returns; dropped again when the cursor has passed note.end.
  [[nodiscard]] base::Expected<void> note_time(const base::FileId& file, const TimeNote& note);
  // "" or one sentence about damage that was found when opening.
  [[nodiscard]] const std::string& damage() const;
  [[nodiscard]] uint64_t journal_bytes() const;

 private:
  class Implementation;
  explicit ConsumerCheckpoint(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::agent
