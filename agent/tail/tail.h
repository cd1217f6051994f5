// Tail: which files there are, who they are, and when they may be let go.
//
//   globs ──▶ scan ──▶ identify (content and inode) ──▶ identity store (fsync) ──▶ FileTable
//                          ▲                                                        │
//                          └──── acknowledged offsets, finality ◀── consumers ◀─────┘
//
// The periodic scan is the truth; inotify (agent/tail/directory_watcher.h) only says when to look
// early. step() does one look and has no thread: agent.cpp runs it, the simulator drives it.
//
// Invariants (design promises 1-5):
//   * a FileId is durable in the identity store before its file is published to consumers;
//   * identity is decided by device and inode together with a growing hash of the first bytes (up
//     to 1,024, decompressed). Same inode, other bytes: another file. Never does an offset meet
//     other content;
//   * a rotated sibling (same directory, name = known name + . - or _ + number or date, and then
//     .gz .zst .xz) whose content begins like a known file is provisional and unread until it is
//     clear which it is: the original gone or truncated → it takes over the FileId, and a truncated
//     inode gets a new one; the original alive → a copy, left alone; different → a new file;
//   * an open descriptor is kept for every file that some consumer has not read to its end, so that
//     a file that is renamed or deleted can be read on; files read to their end and idle have none;
//   * a rotated file is released only when final (nobody has it open for writing) and acknowledged
//     by every consumer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/tail/file_table.h"
#include "lib/base/clock.h"
#include "lib/base/filesystem.h"
#include "parsers/chunk.h"

namespace sawlog::agent {

struct TailSource {
  const parsers::SourceContext* context = nullptr;
  std::vector<std::string> paths;  // globs; ** crosses directories
  std::vector<std::string> exclude;
  bool start_at_end = false;  // only for files present at this source's first start
  bool backfill = false;      // rotated siblings older than the first start, too
  uint64_t line_bytes_max = 1u << 20;
  // Of the agent's own copies of deleted files; beyond it the oldest is given up.
  uint64_t held_bytes_max = UINT64_MAX;
  int64_t held_age_max_ns = INT64_MAX;
};

// Something a person may want to know; agent.cpp logs it. Never in the hot path.
struct TailEvent {
  enum class Level : uint8_t { kInfo, kWarn, kError };
  Level level = Level::kInfo;
  std::string message;  // a sentence
  std::string path;     // the file that it is about, "" if none
  base::FileId file;    // zero if none
};
using EventSink = std::function<void(const TailEvent&)>;

// What the consumers' checkpoints say about a file when the agent starts.
struct SavedPosition {
  uint64_t acknowledged = 0;  // by all consumers
  Cursor furthest;            // of any consumer: proves that a content is this file's
};
using SavedPositions = std::unordered_map<base::FileId, SavedPosition>;

struct TailOptions {
  std::string state_dir;  // the identity store is state_dir/files
  size_t consumer_count = 0;
  // At least; a look that takes long makes the next one later (60 s at most), so that looks cost
  // about 0.5 % of a core.
  int64_t scan_interval_ns = 1'000'000'000;
  int64_t idle_close_after_ns = 60'000'000'000;
  // And at most half of what the process may open (RLIMIT_NOFILE). Unread, rotated and older files
  // come first; the others are opened when there is room again.
  size_t open_files_max = 4096;
  SavedPositions positions;          // collect_positions() in cursor_check.h
  EventSink report;                  // may be empty
  std::function<uint64_t()> random;  // for FileIds; empty: the system's
};

struct TailCounters {
  uint64_t files_known = 0;
  uint64_t files_open = 0;
  uint64_t files_discovered = 0;
  uint64_t files_rotated = 0;
  uint64_t files_released = 0;
  uint64_t files_truncated = 0;
  uint64_t identities_taken_over = 0;  // by a rotated copy or a compressed sibling
  uint64_t abandoned_bytes = 0;        // gone before they were acknowledged, with no copy left
  uint64_t abandoned_held_bytes = 0;   // given up by the limits of what is held
  uint64_t held_bytes = 0;             // what the agent's own copies occupy
  uint64_t ends_by_timeout = 0;        // final because of an hour without growth: nobody to ask
};

class Tail {
 public:
  // Opens (or makes) the identity store. filesystem, clock and table outlive the Tail.
  [[nodiscard]] static base::Expected<std::unique_ptr<Tail>> open(base::Filesystem& filesystem,
                                                                  const base::Clock& clock,
                                                                  FileTable& table,
                                                                  std::vector<TailSource> sources,
                                                                  TailOptions options);
  ~Tail();

  // One look at the directories, if due or hinted. Returns when the next look is due (monotonic
  // ns). An error (state disk full, say) leaves everything as it was: nothing new is published, the
  // next step tries again. All calls come from one thread, but for start_offset().
  [[nodiscard]] base::Expected<int64_t> step();
  // Other sources, and consumers in another order (TailedFile::renumber_consumers()), while neither
  // tail nor consumers run. Files that a source still means keep their objects and descriptors;
  // those that none means are left alone, and go on where they were when one means them again.
  void reconfigure(std::vector<TailSource> sources, const std::vector<size_t>& old_consumers);
  // Something in a watched directory changed: the next step() looks at once.
  void hint();

  [[nodiscard]] const TailCounters& counters() const;
  // Directories worth watching, after the last step.
  [[nodiscard]] std::vector<std::string> watched_directories() const;
  // TailedFile::start_offset() of a published file. Thread-safe.
  [[nodiscard]] uint64_t start_offset(const base::FileId& file) const;

 private:
  class Implementation;
  explicit Tail(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::agent
