#include "lib/src/rotated_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <system_error>
#include <time.h>
#include <unistd.h>
#include <utility>

#include "lib/src/zstd_file.h"

namespace sawlog {

namespace {

constexpr std::string_view kEnding = ".zst";
constexpr int kPriority = 19;
constexpr int kPolls = 400;  // for a file that others still have open
constexpr timespec kPoll = {0, 25'000'000};

std::filesystem::path directory_of(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path();
  return directory.empty() ? "." : directory;
}

// Behind the name of the file: -20261121-070655-123456
bool is_time(std::string_view suffix) {
  constexpr std::string_view kForm = "-dddddddd-dddddd-dddddd";
  if (suffix.size() != kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    const bool is_digit = suffix[i] >= '0' && suffix[i] <= '9';
    if (kForm[i] == 'd' ? !is_digit : suffix[i] != kForm[i]) return false;
  }
  return true;
}

bool is_open_for_writing(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool is_refused = fcntl(descriptor, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
  ::close(descriptor);  // and with it the lease
  return is_refused;
}

bool is_compressed(std::string_view path) {
  return path.ends_with(kEnding);
}

}  // namespace

RotatedFiles::RotatedFiles(std::string path, const Rotation& rotation)
    : path_(std::move(path)), rotation_(rotation) {}

RotatedFiles::~RotatedFiles() {
  stop();
}

std::string RotatedFiles::name_at(int64_t unix_ns) const {
  const time_t second = unix_ns / 1'000'000'000;
  std::tm utc{};
  gmtime_r(&second, &utc);
  std::array<char, 32> text{};
  const size_t size = std::strftime(text.data(), text.size(), "-%Y%m%d-%H%M%S-", &utc);
  std::string us = std::to_string(unix_ns / 1'000 % 1'000'000);
  us.insert(0, 6 - us.size(), '0');
  return path_ + std::string(text.data(), size) + us;
}

void RotatedFiles::tidy() {
  if (work_.exchange(Work::kAgain) != Work::kNone) return;
  stop();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto body = [](void* files) -> void* {
    static_cast<RotatedFiles*>(files)->run();
    return nullptr;
  };
  has_thread_ = pthread_create(&thread_, nullptr, body, this) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!has_thread_) work_ = Work::kNone;
}

void RotatedFiles::stop() {
  if (!std::exchange(has_thread_, false)) return;
  must_stop_ = true;
  pthread_join(thread_, nullptr);
  must_stop_ = false;
}

void RotatedFiles::run() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kPriority);
  auto under_way = Work::kUnderWay;
  do {
    under_way = Work::kUnderWay;
    work_ = under_way;
    while (!must_stop_.load() && step()) {
    }
  } while (!must_stop_.load() && !work_.compare_exchange_strong(under_way, Work::kNone));
  if (must_stop_.load()) work_ = Work::kNone;
}

// The oldest goes, or is compressed. False: there is nothing to do, or it cannot be done now.
bool RotatedFiles::step() {
  const std::vector<std::string> files = oldest_first();
  if (files.size() > rotation_.keep) return ::unlink(files.front().c_str()) == 0;
  if (!rotation_.compress) return false;
  const auto plain = std::find_if_not(files.begin(), files.end(), is_compressed);
  return plain != files.end() && compress(*plain);
}

std::vector<std::string> RotatedFiles::oldest_first() const {
  std::vector<std::string> files;
  const std::string name = std::filesystem::path(path_).filename();
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(directory_of(path_), failure)) {
    const std::string path = entry.path();
    std::string_view found(path);
    found.remove_prefix(found.rfind('/') + 1);
    if (!found.starts_with(name)) continue;
    found.remove_prefix(name.size());
    if (is_compressed(found)) found.remove_suffix(kEnding.size());
    if (is_time(found)) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool RotatedFiles::compress(const std::string& path) {
  for (int i = 0; is_open_for_writing(path); ++i) {
    if (i == kPolls || must_stop_.load()) return false;
    nanosleep(&kPoll, nullptr);
  }
  const CompressionResult result = compress_file(path, path + std::string(kEnding), must_stop_);
  if (result == CompressionResult::kDone) return ::unlink(path.c_str()) == 0;
  if (result == CompressionResult::kStopped || std::exchange(has_said_why_, true)) return false;
  std::fprintf(stderr, "sawlog: cannot compress '%s': %s; it stays as it is\n", path.c_str(),
               result == CompressionResult::kNoLibrary
                   ? "there is no libzstd.so.1"
                   : std::generic_category().message(errno).c_str());
  return false;
}

}  // namespace sawlog
