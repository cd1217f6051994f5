// A file that lines are appended to, while others rename, remove, truncate or compress it and
// while other processes append to it, too.
//
// Invariants:
//   * Before each write of a batch the path is looked at; nothing is written to a file after the
//     path was seen to lead elsewhere. What is left is the instant between the look and the write:
//     a batch may then stand at the end of the renamed file.
//   * A line is written whole, by one write() with its batch. If the system takes only a part (the
//     disk is full), the rest follows where the part ended; if something else came between, the
//     whole line is written again, on a line of its own.
//   * What cannot be written is kept, up to kPendingBytesMax, and tried again; lines beyond that
//     are lost and counted. Each time of trouble is reported on stderr once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include <sawlog/options.h>

#include "lib/src/rotated_files.h"

namespace sawlog {

// For one thread at a time.
class LogFile {
 public:
  static constexpr size_t kPendingBytesMax = size_t{1} << 20;

  // "-" is the standard output, which is never opened or closed (nor rotated).
  LogFile(std::string path, mode_t mode, const Rotation& rotation = {});
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Opens the file, and makes its directories. False: reported; write() tries again.
  bool open();
  // Whole lines. False if they are not all with the operating system now.
  bool write(std::string_view lines);
  // Tries to write what is kept.
  bool write_pending();
  [[nodiscard]] bool has_pending() const { return !pending_.empty(); }

  // Closes a file that the path no longer leads to, so that whoever reads or compresses it can see
  // that it is complete.
  void release_if_rotated();
  // Opens anew before the next write.
  void reopen() { must_reopen_ = true; }
  // In a forked child: what is kept is the parent's to write.
  void forget_pending();

  // Lines lost since this was asked last.
  [[nodiscard]] uint64_t take_lost_lines();

 private:
  [[nodiscard]] bool is_standard_output() const { return path_ == "-"; }
  [[nodiscard]] bool path_leads_here();
  // The path leads to an open file that `size_bytes` more may be written to.
  bool make_current(size_t size_bytes);
  [[nodiscard]] bool is_due(size_t size_bytes) const;
  void rotate();
  bool open_anew(bool others_create);
  [[nodiscard]] int open_descriptor(bool others_create);
  void adopt(int descriptor);
  void close_descriptor();
  // How many bytes the system took.
  size_t write_some(std::string_view bytes);
  void keep(std::string_view lines);
  void prepare_rest();
  void note_torn();
  bool failed(const char* action, int os_errno);
  void recovered();

  const std::string path_;
  const mode_t mode_;
  int descriptor_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool must_reopen_ = false;
  bool is_failing_ = false;  // reported, and not yet written since
  const Rotation rotation_;
  RotatedFiles rotated_files_;
  off_t size_bytes_ = 0;   // of the file, when the path was looked at
  int64_t written_s_ = 0;  // when it was written last, by anybody, in seconds since 1970

  // The file's last line has no newline and is not ours to complete: a newline goes first.
  bool needs_newline_ = false;

  std::string pending_;  // whole lines, the first perhaps written in part
  size_t written_ = 0;   // of pending_'s first line
  off_t torn_end_ = 0;   // where that part ends in the file, if written_ > 0
  uint64_t lost_lines_ = 0;
};

}  // namespace sawlog
