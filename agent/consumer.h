// One consumer: one reader, one cursor for each file, one handler (an output, or the metrics).
//
//   read ──▶ split ──▶ handle ──▶ (step: send, collect answers) ──▶ settle ──▶ save ──▶
//   acknowledged
//
// step() does a bounded amount of this and never waits for a destination; agent.cpp runs it in a
// thread of its own, the simulator calls it in any order. Consumers share nothing but the
// FileTable.
//
// Invariants:
//   * a cursor covers only lines that were settled; it is durable (checkpoint) before tail hears of
//     it (TailedFile::set_acknowledged) and before the handler's saved() is called;
//   * what records become that their content does not say (agent/chunk_time.h) is durable before
//     the handler may send them;
//   * cursors, ledger and the handler's state are saved in one record of one moment;
//   * what an output with transactions has settled is saved as prepared, and counts (for tail, too)
//     only when the output says that it was committed; until then there is no other save;
//   * while the state cannot be saved nothing new is read, and a file is never read further than
//     unsaved_bytes_max beyond its saved cursor: what a crash may repeat stays bounded, and only
//     that much is marked as Chunk::may_have_been_sent after a start.
// Single-threaded but for status(). Its reading half is agent/consumer_reading.cpp.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/chunk_reader.h"
#include "agent/file_progress.h"
#include "agent/health_log.h"
#include "agent/line_times.h"
#include "agent/source_stage.h"
#include "agent/tail/file_reader.h"
#include "agent/tail/file_table.h"
#include "lib/base/clock.h"
#include "outputs/output.h"

namespace sawlog::agent {

struct ConsumerOptions {
  std::string name;                  // of the output; "metrics"
  size_t index = 0;                  // into TailedFile::acknowledged
  std::vector<std::string> sources;  // empty: all
  // Reports what a person should know; level is "info", "warn" or "error".
  std::function<void(const char* level, const std::string& message)> report;
  std::string where = {};                   // of the output: only these records; "": all
  uint64_t unsaved_bytes_max = 256u << 20;  // how far a file is read beyond its saved cursor
};

// A moment's view for /status, /metrics and --once.
struct ConsumerStatus {
  std::string name;
  Ledger ledger;                      // as saved with the cursors
  uint64_t in_flight_lines = 0;       // read, and not yet settled and saved
  uint64_t lag_bytes = 0;             // unsettled bytes of all files, as far as their size is known
  int64_t oldest_unread_unix_ns = 0;  // when the oldest unsettled bytes were first seen; 0: none
  outputs::Health health;
  outputs::OutputCounters counters;
  std::vector<outputs::DeadLetterCount> dead_letters;
  size_t memory_bytes = 0;
  std::string save_error;  // "" while the state can be saved
  std::unordered_map<std::string, uint64_t> read_bytes_by_source;
  uint64_t unreadable_times = 0;  // records with something for a time that is none
  // The state was damaged: what was shown of it goes further than what is known now.
  bool is_catching_up = false;
};

class Consumer final : private outputs::DeliverySink {
 public:
  // All references outlive the consumer. Restores the output from the checkpoint. kInvalid: where
  // is no expression.
  [[nodiscard]] static base::Expected<std::unique_ptr<Consumer>> open(
      ConsumerOptions options, const FileTable& table,
      std::unique_ptr<ConsumerCheckpoint> checkpoint, std::unique_ptr<outputs::Output> output,
      const base::Clock& clock);
  ~Consumer() override = default;

  // Work that is due; when to come back. has_work: at once.
  outputs::Wake step();

  // No new lines beyond the files' sizes as they are now; is_finished() when those are saved.
  void finish_at_current_sizes();
  // Shutdown: nothing new is read at all; what is in flight may still be answered.
  void stop_reading() {
    reading_ = Reading::kNothing;
    output_->drain();
  }
  // Everything that was read is settled and saved (and, after finish_at_current_sizes(), all was
  // read).
  [[nodiscard]] bool is_finished() const;

  // A reload, while nothing runs: other sources, whose contexts may have changed, and another place
  // among the consumers (TailedFile::renumber_consumers()).
  void reconfigure(size_t index, std::vector<std::string> sources);
  [[nodiscard]] int wake_fd() const { return output_->wake_fd(); }
  [[nodiscard]] const std::string& name() const { return options_.name; }
  // Thread-safe.
  [[nodiscard]] ConsumerStatus status() const;

 private:
  enum class Reading : uint8_t { kAll, kToLimits, kNothing };
  struct PendingNote {
    base::FileId file;
    TimeNote note;
  };
  // A record that may go on (parsers/record_joiner.h): held back until more comes or it is due.
  struct OpenRecord {
    int64_t since_ns = 0;  // monotonic, as due_ns
    int64_t due_ns = 0;
  };
  struct FileEntry {
    std::unique_ptr<FileProgress> progress;
    std::optional<uint64_t> limit;  // of kToLimits
    bool is_listed = true;          // still in the table
    bool is_ready = false;          // in ready_
    bool is_verified = false;       // the cursor was compared with the content
    bool is_dirty = false;          // the cursor moved since the last save
    uint64_t repeat_end = 0;        // what lies before it may have been sent before the start
    int64_t behind_since_unix_ns = 0;
    // As far as is known, nothing unread is older. Of an output that wants_time_order().
    int64_t next_time_unix_ns = INT64_MIN;
    // TailedFile::change_count() at which nothing whole was left to read.
    std::optional<uint64_t> exhausted_at;
    std::optional<OpenRecord> open_record;
  };

  Consumer(ConsumerOptions options, const FileTable& table,
           std::unique_ptr<ConsumerCheckpoint> checkpoint, std::unique_ptr<outputs::Output> output,
           const base::Clock& clock);

  void settled(const outputs::LineRange& range, const outputs::Outcome& outcome) override;
  void unknown(const outputs::LineRange& range) override;

  void take_snapshot();
  void take_changes();
  void make_ready(const base::FileId& id, FileEntry& entry);
  FileEntry* take_ready();
  void add_file(const std::shared_ptr<TailedFile>& file, bool was_there_at_start);
  void drop_unlisted_files();
  bool wants_source(const std::string& source) const;

  enum class Attempt : uint8_t {
    kNothing,  // there is no whole line to read now
    kLater,    // its next line is newer than the limit
    kGiven,
  };
  bool read_some();
  bool read_in_turn();
  bool read_by_time();
  // Hands the next chunk of the file, up to the limit, to the handler.
  Attempt read_file(FileEntry& entry, int64_t limit_unix_ns);
  void limit_to(int64_t limit_unix_ns, FileEntry& entry, ChunkRead& read);
  bool has_unread(const FileEntry& entry) const;
  bool is_ahead_of_save(const FileEntry& entry);
  bool verify_cursor(FileEntry& entry);
  [[nodiscard]] RecordEnd record_end(const FileEntry& entry) const;
  void wait_for_record(FileEntry& entry);
  void look_for_next_due_record();
  void give(FileEntry& entry, ChunkRead& read);
  void abandon(FileEntry& entry, const Cursor& rest, uint64_t lines_before);

  bool write_pending_notes();
  void advance_cursors();
  void save_if_due();
  void save();
  void after_save(bool is_prepared);
  bool conclude_prepared();
  void take_over(const ConsumerSave& concluded);
  void take_save_failure(const base::Error& error);
  void take_save_success();
  void mark_dirty();
  void look_for_repeats();
  [[nodiscard]] bool is_catching_up() const;
  void publish_status();
  void add_lag(ConsumerStatus& status, FileEntry& entry) const;
  void report(const char* level, const std::string& message) const;

  ConsumerOptions options_;
  const FileTable& table_;
  const base::Clock& clock_;
  std::unique_ptr<ConsumerCheckpoint> checkpoint_;
  FileReader file_reader_;
  ChunkReader chunk_reader_;
  SourceStage source_stage_;
  LineTimes line_times_;

  std::optional<uint64_t> table_version_;  // as of the last snapshot; nullopt: it is stale
  bool has_snapshot_ = false;
  std::unordered_map<base::FileId, FileEntry> files_;
  uint64_t changes_seen_ = 0;  // of the table
  // Every file that has something to read is in here, and is_ready; those that have not are taken
  // out when it is their turn. The first is next.
  std::deque<base::FileId> ready_;
  // Every file that is behind or has something in flight is in here; others leave in
  // publish_status().
  std::unordered_set<base::FileId> active_;
  std::vector<base::FileId> held_back_;     // with an open record
  std::vector<FileEntry*> by_time_;         // of read_by_time()
  int64_t next_record_due_ns_ = INT64_MAX;  // of all open records
  Reading reading_ = Reading::kAll;
  bool waits_for_save_ = false;  // some file is read as far as it may be before the next save
  bool has_repeats_ = true;      // lines that may have been sent before the start are not saved yet

  std::vector<base::FileId> touched_;  // files with settled pieces since advance_cursors()
  std::vector<PendingNote> pending_notes_;
  std::vector<base::FileId> dirty_files_;  // whose cursor moved since the last save
  std::vector<base::FileId> forgotten_;
  bool has_unlisted_ = false;      // some file has left the table but is still in flight
  bool needs_full_state_ = false;  // a save failed: the handler's deltas since then are lost
  bool is_left_prepared_;          // by a crash: the live cursors and ledger are still without it
  Ledger ledger_;
  bool is_dirty_ = false;
  int64_t dirty_since_ns_ = 0;
  int64_t save_again_at_ns_ = 0;
  std::string save_error_;
  std::unordered_map<std::string, uint64_t> read_bytes_by_source_;
  uint64_t unreadable_times_ = 0;

  HealthLog health_log_;
  int64_t status_published_at_ns_ = INT64_MIN;
  mutable std::mutex status_mutex_;
  ConsumerStatus status_;

  // Last, so that it goes first: its open deliveries report to this consumer while it still stands.
  std::unique_ptr<outputs::Output> output_;
};

}  // namespace sawlog::agent
