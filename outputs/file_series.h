// The files of a file output: where the next bytes go, and what of them is final.
//
// Names: the first file is PATH, the ones after it PATH.000001, PATH.000002, …: a file keeps its
// name, and `PATH*` lists them in the order in which they were written. Of the full files the
// newest `keep` stay.
//
// State (save_state(), text): the number that the next file gets, and number, inode, size and time
// (Unix ns, when it was made) of each file of ours, oldest first; the last one is written to.
//
//     sawlog files 1
//     next 3
//     1 3940649674076 1073741911 1795647600000000000
//     2 3940649674080 20488 1795651200000000000
//
// Invariants:
//   * append() returns when the bytes, and the name of the file, are durable;
//   * a file is created only under a number that the saved state calls free. So after a crash every
//     file with such a number is ours and not yet acknowledged, and restore() removes it;
//   * restore() cuts the last file to its saved size. A file that is shorter, another one under the
//     name, or none: it is left alone, told by take_notices(), and a new one is begun;
//   * the same when somebody moves, replaces or changes the file while we write it;
//   * after a failed append() the file is cut back to what was durable before it is used again.
//
// Single-threaded. Blocks on the local disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::outputs {

class FileSeries {
 public:
  FileSeries(base::Filesystem& filesystem, const base::Clock& clock, std::string path,
             uint32_t keep);

  // state: what save_state() gave, or "" on the first start; files that stand there then are not
  // touched.
  [[nodiscard]] base::Expected<void> restore(std::string_view state);

  // At the end of the current file, or of a new one. Not while needs_save().
  [[nodiscard]] base::Expected<void> append(std::string_view bytes);
  // The next append() begins a new file. Only when is_saved().
  void end_file();

  [[nodiscard]] uint64_t size_bytes() const;  // of the current file, 0 without one
  [[nodiscard]] int64_t age_ns() const;       // the same; negative after a clock was set back
  // Nothing can be appended before save_state() was made durable.
  [[nodiscard]] bool needs_save() const { return saved_next_ < needed_next_; }
  // The saved state covers everything that was appended.
  [[nodiscard]] bool is_saved() const { return size_bytes() == saved_size_bytes_; }

  [[nodiscard]] std::string save_state();
  // What save_state() gave last is durable. Removes files beyond `keep`.
  void saved();

  // Sentences for the agent's log since the last call.
  [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  struct Entry {
    uint64_t number = 0;
    uint64_t inode = 0;
    uint64_t size_bytes = 0;
    uint64_t begun_unix_ns = 0;
  };

  [[nodiscard]] base::Expected<void> parse(std::string_view state);
  [[nodiscard]] base::Expected<std::vector<uint64_t>> list_numbers();
  [[nodiscard]] base::Expected<void> remove_unsaved();
  [[nodiscard]] base::Expected<void> reopen_last();
  [[nodiscard]] base::Expected<void> open_next();
  [[nodiscard]] base::Expected<void> cut_back();
  void check_current();
  void leave_current(std::string_view why);
  void remove_old();
  [[nodiscard]] std::string name(uint64_t number) const;

  base::Filesystem& filesystem_;
  const base::Clock& clock_;
  const std::string path_;
  const std::string directory_;
  const uint32_t keep_;
  std::unique_ptr<base::File> file_;  // of entries_.back(), when there is a current file
  std::vector<Entry> entries_;
  uint64_t next_ = 0;         // the number of the next file
  uint64_t needed_next_ = 1;  // what the saved state must say at least (numbers plus one)
  uint64_t saved_next_ = 0;   // what it says, plus one; 0: there is no saved state
  uint64_t saved_size_bytes_ = 0;
  uint64_t offered_next_ = 0;  // by save_state(), not yet durable
  uint64_t offered_size_bytes_ = 0;
  bool needs_cut_ = false;
  std::vector<std::string> notices_;
};

}  // namespace sawlog::outputs
