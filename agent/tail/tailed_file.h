// A log file as tail knows it and as every consumer sees it: one object for each FileId.
//
// Threads: tail's thread writes, consumers read; what both touch is atomic or behind the mutex.
// Offsets are those of the decompressed content, so that a file and its .gz are the same file.
//
// Invariants:
//   * id never changes; the identity is durable before the object is published (FileTable);
//   * content() leads to bytes that begin with the evidence of this id: who reads at an offset gets
//     this file's bytes or an error, never another file's;
//   * end_is_final() becomes true only when nobody can write any more, and then stays so, unless
//     the file is opened again and grows: reopen();
//   * source() may change while consumers read (the file was moved, or the configuration reloaded);
//     the contexts live as long as the process, and what one holds changes only while no consumer
//     runs. Consumers are numbered anew only while neither they nor tail run;
//   * the object is released (dropped from the table) only when every consumer's acknowledged
//     offset has reached the final end, or the operator's policy gave the rest up, counted.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/checkpoint/identity_store.h"
#include "lib/base/file_id.h"
#include "lib/base/filesystem.h"
#include "parsers/chunk.h"

namespace sawlog::agent {

enum class Compression : uint8_t { kNone, kGzip, kZstd, kXz };

// What consumers found out about a content while reading it; tail asks at each look.
struct ContentFindings {
  static constexpr uint64_t kUnknownEnd = UINT64_MAX;
  // Bytes that were read before are not there any more: truncated, and written anew.
  std::atomic<bool> is_replaced{false};
  // Of compressed content: where its decompressed bytes end. A lower bound while it is being
  // written.
  std::atomic<uint64_t> end_offset{kUnknownEnd};
  // Of compressed content: it is damaged there, or ends in the middle.
  std::atomic<bool> is_damaged{false};
  std::atomic<bool> is_incomplete{false};
};

// An open file and how to read it. Shared: a consumer may be reading the original while tail goes
// over to its .gz; the last holder closes the descriptor.
struct Content {
  std::shared_ptr<base::File> file;
  Compression compression = Compression::kNone;
  uint64_t begin_offset = 0;  // where its first byte stands in the file (held_content.h)
  std::string path;           // the name it was opened by, for messages
  mutable ContentFindings findings;
};

// Where a file stands in its life; changed only by tail, through next_state() in file_state.h.
enum class FileState : uint8_t {
  kReading,   // a name of the source's globs leads to it
  kRotated,   // renamed, or its name was deleted; still read
  kDrained,   // rotated, end final, acknowledged to the end by every consumer
  kReleased,  // let go; kept in the identity store so that its .gz is not read again
};

class TailedFile {
 public:
  TailedFile(base::FileId id, const parsers::SourceContext* source, uint64_t line_bytes_max,
             std::string path, size_t consumer_count, uint64_t start_offset = 0)
      : id_(id),
        source_(source),
        line_bytes_max_(line_bytes_max),
        path_(std::move(path)),
        start_offset_(start_offset),
        acknowledged_(consumer_count) {
    for (AcknowledgedOffset& acknowledged : acknowledged_) acknowledged.offset = start_offset;
  }

  [[nodiscard]] const base::FileId& id() const { return id_; }
  [[nodiscard]] const parsers::SourceContext* source() const {
    return source_.load(std::memory_order_acquire);
  }
  [[nodiscard]] uint64_t line_bytes_max() const {
    return line_bytes_max_.load(std::memory_order_relaxed);
  }
  void set_source(const parsers::SourceContext* source, uint64_t line_bytes_max) {
    line_bytes_max_.store(line_bytes_max, std::memory_order_relaxed);
    source_.store(source, std::memory_order_release);
  }
  // The name under which it was first found: what goes into log.file.path.
  [[nodiscard]] const std::string& path() const { return path_; }
  // Where a consumer without a cursor begins: 0, but for start_at: end, and for files that grew
  // after they were released.
  [[nodiscard]] uint64_t start_offset() const { return start_offset_; }

  // nullptr while nothing is known to be unread (an idle file has no open descriptor).
  [[nodiscard]] std::shared_ptr<const Content> content() const {
    const std::lock_guard lock(mutex_);
    return content_;
  }
  void set_content(std::shared_ptr<const Content> content) {
    const std::lock_guard lock(mutex_);
    content_ = std::move(content);
    change_count_.fetch_add(1, std::memory_order_release);
  }

  // How the content begins, as far as tail knows.
  [[nodiscard]] Evidence evidence() const {
    const std::lock_guard lock(mutex_);
    return evidence_;
  }
  void set_evidence(const Evidence& evidence) {
    const std::lock_guard lock(mutex_);
    evidence_ = evidence;
  }

  // The size as last seen by tail; of a compressed file a lower bound until it was read to its end.
  // Plain content is read only at offsets before it (a read may then go beyond it): tail must know
  // how a file begins before anything of it leaves.
  [[nodiscard]] uint64_t size_bytes() const { return size_bytes_.load(std::memory_order_acquire); }
  void set_size_bytes(uint64_t size) {
    if (size_bytes_.exchange(size, std::memory_order_acq_rel) != size) {
      change_count_.fetch_add(1, std::memory_order_release);
    }
  }

  // No more bytes will come: a last line without line end is a line.
  [[nodiscard]] bool end_is_final() const { return end_is_final_.load(std::memory_order_acquire); }
  void set_end_is_final() {
    end_is_final_.store(true, std::memory_order_release);
    change_count_.fetch_add(1, std::memory_order_release);
  }

  // The file grew although its end was final (somebody opened the rotated file again), and
  // consumers may still hold this object.
  void reopen() {
    end_is_final_.store(false, std::memory_order_release);
    state_.store(FileState::kReading, std::memory_order_release);
    change_count_.fetch_add(1, std::memory_order_release);
  }

  // Rises with every change of content, size or finality: a consumer that found nothing to read
  // looks again only when it has changed.
  [[nodiscard]] uint64_t change_count() const {
    return change_count_.load(std::memory_order_acquire);
  }

  [[nodiscard]] FileState state() const { return state_.load(std::memory_order_acquire); }
  void set_state(FileState state) { state_.store(state, std::memory_order_release); }

  // What consumer `index` has durably acknowledged (its saved cursor), written by that consumer:
  // start_offset() until then, UINT64_MAX if the consumer does not want the file.
  [[nodiscard]] uint64_t acknowledged(size_t index) const {
    return acknowledged_[index].offset.load(std::memory_order_acquire);
  }
  void set_acknowledged(size_t index, const Cursor& cursor) {
    acknowledged_[index].offset.store(cursor.offset, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    if (cursor.offset > furthest_.offset) furthest_ = cursor;
  }
  void set_unwanted(size_t index) {
    acknowledged_[index].offset.store(UINT64_MAX, std::memory_order_release);
  }
  // The furthest of the acknowledged cursors: bytes that this file has.
  [[nodiscard]] Cursor furthest() const {
    const std::lock_guard lock(mutex_);
    return furthest_;
  }
  [[nodiscard]] size_t consumer_count() const { return acknowledged_.size(); }
  // old_indexes[i]: the index that consumer i had before, kNewConsumer for one that begins.
  static constexpr size_t kNewConsumer = SIZE_MAX;
  void renumber_consumers(const std::vector<size_t>& old_indexes) {
    std::vector<AcknowledgedOffset> renumbered(old_indexes.size());
    for (size_t index = 0; index < old_indexes.size(); ++index) {
      const bool is_new = old_indexes[index] == kNewConsumer;
      renumbered[index].offset = is_new ? start_offset_ : acknowledged(old_indexes[index]);
    }
    acknowledged_ = std::move(renumbered);
  }
  // What every consumer has acknowledged; UINT64_MAX if there is nobody to wait for.
  [[nodiscard]] uint64_t acknowledged_by_all() const {
    uint64_t least = UINT64_MAX;
    for (size_t index = 0; index < acknowledged_.size(); ++index) {
      least = std::min(least, acknowledged(index));
    }
    return least;
  }

 private:
  struct AcknowledgedOffset {
    std::atomic<uint64_t> offset{0};
  };
  const base::FileId id_;
  std::atomic<const parsers::SourceContext*> source_;
  std::atomic<uint64_t> line_bytes_max_;
  const std::string path_;
  const uint64_t start_offset_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Content> content_;
  Evidence evidence_;
  Cursor furthest_;
  std::atomic<uint64_t> size_bytes_{0};
  std::atomic<bool> end_is_final_{false};
  std::atomic<uint64_t> change_count_{0};
  std::atomic<FileState> state_{FileState::kReading};
  std::vector<AcknowledgedOffset> acknowledged_;
};

}  // namespace sawlog::agent
