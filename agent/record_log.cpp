#include "agent/record_log.h"

#include <algorithm>
#include <charconv>

#include "lib/base/check.h"

namespace sawlog::agent {
namespace {

constexpr std::string_view kSuffix = ".json";

}  // namespace

base::Expected<std::unique_ptr<RecordLog>> RecordLog::open(base::Filesystem& filesystem,
                                                           std::string directory, IsRead is_read) {
  std::unique_ptr<RecordLog> log(
      new RecordLog(filesystem, std::move(directory), std::move(is_read)));
  if (auto found = log->find_files(); !found) return tl::unexpected(found.error());
  return log;
}

base::Expected<void> RecordLog::find_files() {
  if (auto made = filesystem_.create_directories(directory_); !made) return made;
  const auto entries = filesystem_.list(directory_);
  if (!entries) return tl::unexpected(entries.error());
  for (const base::DirectoryEntry& entry : *entries) {
    uint64_t number = 0;
    const char* const end = entry.name.data() + entry.name.size();
    const auto [stop, error] = std::from_chars(entry.name.data(), end, number);
    if (error != std::errc() || std::string_view(stop, end) != kSuffix) continue;
    numbers_.push_back(number);
  }
  std::ranges::sort(numbers_);
  if (numbers_.empty()) return {};
  last_number_ = numbers_.back();
  return continue_file();
}

// The last file is gone on with. It may end in the middle of a line, which was not answered: that
// line is ended.
base::Expected<void> RecordLog::continue_file() {
  auto file = filesystem_.open(path_of(last_number_), base::OpenMode::kAppend);
  if (!file) return tl::unexpected(file.error());
  const auto stat = (*file)->stat();
  if (!stat) return tl::unexpected(stat.error());
  file_bytes_ = stat->size_bytes;
  char last = '\n';
  if (file_bytes_ > 0) {
    if (auto read = (*file)->read_at(file_bytes_ - 1, {&last, 1}); !read) {
      return tl::unexpected(read.error());
    }
  }
  if (last != '\n') {
    if (auto ended = (*file)->append("\n"); !ended) return ended;
  }
  file_ = std::move(*file);
  return {};
}

std::string RecordLog::path_of(uint64_t number) const {
  return directory_ + "/" + std::to_string(number) + std::string(kSuffix);
}

base::Expected<void> RecordLog::append(std::string_view line) {
  CHECK(line.ends_with('\n'));
  const std::lock_guard lock(mutex_);
  if (file_ == nullptr || file_bytes_ >= kFileBytesMax) {
    if (auto started = start_file(); !started) return started;
  }
  auto written = file_->append(line);
  if (written) written = file_->sync_data();
  if (!written) {
    file_.reset();
    return written;
  }
  file_bytes_ += line.size();
  return {};
}

base::Expected<void> RecordLog::start_file() {
  file_.reset();
  remove_read_files();
  if (numbers_.size() >= kFilesMax) {
    return base::unexpected(base::ErrorCode::kUnavailable,
                            "cannot record: what was recorded before is not read yet");
  }
  auto file = filesystem_.open(path_of(last_number_ + 1), base::OpenMode::kCreateNew);
  if (!file) return tl::unexpected(file.error());
  numbers_.push_back(++last_number_);
  if (auto synced = filesystem_.sync_directory(directory_); !synced) return synced;
  file_ = std::move(*file);
  file_bytes_ = 0;
  return {};
}

void RecordLog::remove_read_files() {
  std::erase_if(numbers_, [this](uint64_t number) {
    const std::string path = path_of(number);
    const auto stat = filesystem_.stat(path);
    if (!stat) return stat.error().code == base::ErrorCode::kNotFound;
    return is_read_(path, stat->size_bytes) && filesystem_.remove(path).has_value();
  });
}

}  // namespace sawlog::agent
