#include "lib/src/log_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

#include "lib/src/ticks.h"

namespace sawlog {

namespace {

// A path that leads nowhere for a moment may be logrotate between its rename and its create, which
// would move a file of ours out of its way: wait a little before making one.
constexpr int kCreatorPolls = 8;
constexpr std::chrono::microseconds kCreatorPoll(250);

constexpr std::chrono::milliseconds kWriteOfOthers(1);
constexpr int kLooksMax = 100;

// Of a regular file that is not empty; else '\n'.
char last_byte(int reader, off_t& size_bytes) {
  struct stat status{};
  if (fstat(reader, &status) != 0 || !S_ISREG(status.st_mode)) return '\n';
  size_bytes = status.st_size;
  char last = '\n';
  const bool is_read = size_bytes > 0 && pread(reader, &last, 1, size_bytes - 1) == 1;
  return is_read ? last : '\n';
}

// Somebody was killed in the middle of a line. Another process that is just writing one looks the
// same until its write is over: a file's end is only believed when it is where it was before.
bool ends_inside_a_line(const std::string& path) {
  const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (reader < 0) return false;
  off_t seen_bytes = -1;
  off_t size_bytes = 0;
  bool is_inside = false;
  for (int i = 0; !is_inside && i < kLooksMax && last_byte(reader, size_bytes) != '\n'; ++i) {
    is_inside = size_bytes == seen_bytes;
    seen_bytes = size_bytes;
    if (is_inside) break;
    // Waits for the lock that a write holds (ext4, btrfs; on XFS reading does).
    lseek(reader, 0, SEEK_HOLE);
    std::this_thread::sleep_for(kWriteOfOthers);
  }
  ::close(reader);
  return is_inside;
}

uint64_t line_count(std::string_view lines) {
  return static_cast<uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

// What is there of a line that was begun, at the front of `lines` and `written` bytes long.
size_t written_of_first_line(std::string_view lines, size_t written) {
  if (written == 0) return 0;
  const size_t line_start = lines.substr(0, written).rfind('\n') + 1;  // npos + 1 == 0
  return written - line_start;
}

}  // namespace

LogFile::LogFile(std::string path, mode_t mode, const Rotation& rotation)
    : path_(std::move(path)), mode_(mode), rotation_(rotation), rotated_files_(path_, rotation) {}

LogFile::~LogFile() {
  close_descriptor();
}

bool LogFile::open() {
  if (is_standard_output()) return make_current(0);
  const auto directory = std::filesystem::path(path_).parent_path();
  std::error_code ignored;  // the open says what is wrong
  if (!directory.empty()) std::filesystem::create_directories(directory, ignored);
  if (rotation_.bytes > 0 || rotation_.every.count() > 0) rotated_files_.tidy();
  return make_current(0);
}

bool LogFile::write(std::string_view lines) {
  if (has_pending() || !make_current(lines.size()) || needs_newline_) {
    keep(lines);
    return write_pending();
  }
  const size_t written = write_some(lines);
  if (written == lines.size()) {
    recovered();
    return true;
  }
  written_ = written_of_first_line(lines, written);
  keep(lines.substr(written - written_));
  note_torn();
  return written > 0 && write_pending();
}

bool LogFile::write_pending() {
  if (pending_.empty()) return true;
  if (!make_current(pending_.size())) return false;
  prepare_rest();
  const std::string_view rest = std::string_view(pending_).substr(written_);
  const size_t written = written_ + write_some(rest);
  if (written == pending_.size()) {
    pending_.clear();
    written_ = 0;
    recovered();
    return true;
  }
  if (written == written_) return false;
  written_ = written_of_first_line(pending_, written);
  pending_.erase(0, written - written_);
  note_torn();
  return false;
}

// The rest of a line goes on where its beginning ends, or not at all.
void LogFile::prepare_rest() {
  if (std::exchange(needs_newline_, false)) pending_.insert(pending_.begin(), '\n');
  if (written_ == 0) return;
  struct stat status{};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (status.st_size == torn_end_) return;
  if (status.st_size > torn_end_) pending_.insert(pending_.begin(), '\n');
  written_ = 0;
}

void LogFile::note_torn() {
  if (written_ > 0) torn_end_ = lseek(descriptor_, 0, SEEK_CUR);
}

size_t LogFile::write_some(std::string_view bytes) {
  while (true) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) return static_cast<size_t>(written);
    if (errno == EINTR) continue;
    failed("write to", errno);
    return 0;
  }
}

void LogFile::keep(std::string_view lines) {
  const size_t room = kPendingBytesMax - std::min(kPendingBytesMax, pending_.size());
  // All that fits; a batch alone fits whatever its lines are.
  size_t kept = lines.size();
  if (kept > room && !pending_.empty()) kept = lines.substr(0, room).rfind('\n') + 1;
  pending_.append(lines.substr(0, kept));
  lost_lines_ += line_count(lines.substr(kept));
}

bool LogFile::path_leads_here() {
  struct stat status{};
  if (stat(path_.c_str(), &status) != 0 || status.st_dev != device_ || status.st_ino != inode_) {
    return false;
  }
  size_bytes_ = status.st_size;
  written_s_ = status.st_mtim.tv_sec;
  return true;
}

bool LogFile::make_current(size_t size_bytes) {
  if (is_standard_output()) {
    descriptor_ = STDOUT_FILENO;
    return true;
  }
  const bool was_open = descriptor_ >= 0;
  const bool is_current = was_open && !must_reopen_ && path_leads_here();
  if (!is_current && !open_anew(was_open)) return false;
  if (!is_due(size_bytes)) return true;
  rotate();
  return path_leads_here() || open_anew(false);
}

// others_create: a file that is missing may be about to come.
bool LogFile::open_anew(bool others_create) {
  close_descriptor();
  const int descriptor = open_descriptor(others_create);
  if (descriptor < 0) return failed("open", errno);
  adopt(descriptor);
  return true;
}

bool LogFile::is_due(size_t size_bytes) const {
  if (size_bytes_ == 0 || size_bytes == 0) return false;
  const auto size = static_cast<size_t>(size_bytes_);
  if (rotation_.bytes > 0 && size + size_bytes > rotation_.bytes) return true;
  const int64_t every_s = rotation_.every.count();
  return every_s > 0 && system_clock_ns() / 1'000'000'000 / every_s != written_s_ / every_s;
}

// Of several processes one renames the file: whoever has its lock while the path leads to it.
void LogFile::rotate() {
  if (flock(descriptor_, LOCK_EX) != 0 || !path_leads_here()) return;
  const std::string name = rotated_files_.name_at(system_clock_ns());
  if (::rename(path_.c_str(), name.c_str()) != 0) {
    failed("rotate", errno);
    flock(descriptor_, LOCK_UN);
    return;
  }
  rotated_files_.tidy();
}

int LogFile::open_descriptor(bool others_create) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC;
  for (int i = 0; others_create && i < kCreatorPolls; ++i) {
    const int descriptor = ::open(path_.c_str(), kFlags);
    if (descriptor >= 0 || errno != ENOENT) return descriptor;
    std::this_thread::sleep_for(kCreatorPoll);
  }
  return ::open(path_.c_str(), kFlags | O_CREAT, mode_);
}

void LogFile::adopt(int descriptor) {
  struct stat status{};
  fstat(descriptor, &status);
  descriptor_ = descriptor;
  device_ = status.st_dev;
  inode_ = status.st_ino;
  size_bytes_ = status.st_size;
  written_s_ = status.st_mtim.tv_sec;
  must_reopen_ = false;
  needs_newline_ = ends_inside_a_line(path_);
}

void LogFile::close_descriptor() {
  if (descriptor_ >= 0 && !is_standard_output()) ::close(descriptor_);
  descriptor_ = -1;
  written_ = 0;  // a line that was begun begins anew, in the next file
}

void LogFile::release_if_rotated() {
  if (descriptor_ >= 0 && !is_standard_output() && !path_leads_here()) close_descriptor();
}

void LogFile::forget_pending() {
  rotated_files_.forget_thread();
  pending_.clear();
  written_ = 0;
}

uint64_t LogFile::take_lost_lines() {
  return std::exchange(lost_lines_, 0);
}

bool LogFile::failed(const char* action, int os_errno) {
  if (!std::exchange(is_failing_, true)) {
    std::fprintf(stderr, "sawlog: cannot %s '%s': %s; up to 1 MiB of lines is kept, trying again\n",
                 action, path_.c_str(), std::generic_category().message(os_errno).c_str());
  }
  return false;
}

void LogFile::recovered() {
  if (std::exchange(is_failing_, false)) {
    std::fprintf(stderr, "sawlog: writing to '%s' again\n", path_.c_str());
  }
}

}  // namespace sawlog
