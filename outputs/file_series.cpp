#include "outputs/file_series.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kStateHead = "sawlog files 1\nnext ";
constexpr size_t kNumberDigits = 6;

std::string directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

// Takes a number and the one character behind it off the front of text.
std::optional<uint64_t> take_number(std::string_view& text, char terminator) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at == end || *at != terminator) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(at - text.data()) + 1);
  return number;
}

// The number in the name of a file of the series, whose first file is called `first`.
std::optional<uint64_t> number_of(std::string_view file_name, std::string_view first) {
  if (!file_name.starts_with(first)) return std::nullopt;
  std::string_view rest = file_name.substr(first.size());
  if (rest.empty()) return 0;
  if (rest[0] != '.' || rest.size() < 1 + kNumberDigits) return std::nullopt;
  rest.remove_prefix(1);
  uint64_t number = 0;
  const auto [at, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || at != rest.data() + rest.size()) return std::nullopt;
  return number;
}

tl::unexpected<base::Error> corrupt_state(const std::string& path) {
  return base::unexpected(base::ErrorCode::kCorrupt,
                          "cannot read the saved state of file output '" + path + "'");
}

}  // namespace

FileSeries::FileSeries(base::Filesystem& filesystem, const base::Clock& clock, std::string path,
                       uint32_t keep)
    : filesystem_(filesystem),
      clock_(clock),
      path_(std::move(path)),
      directory_(directory_of(path_)),
      keep_(keep) {}

// --- after a start -----------------------------------------------------------------------------

base::Expected<void> FileSeries::restore(std::string_view state) {
  if (auto created = filesystem_.create_directories(directory_); !created) return created;
  if (!state.empty()) {
    if (auto parsed = parse(state); !parsed) return parsed;
    if (auto removed = remove_unsaved(); !removed) return removed;
    return reopen_last();
  }
  auto numbers = list_numbers();
  if (!numbers) return tl::unexpected(numbers.error());
  for (const uint64_t number : *numbers) next_ = std::max(next_, number + 1);
  needed_next_ = next_ + 1;
  return {};
}

base::Expected<void> FileSeries::parse(std::string_view state) {
  if (!state.starts_with(kStateHead)) return corrupt_state(path_);
  state.remove_prefix(kStateHead.size());
  const auto next = take_number(state, '\n');
  if (!next) return corrupt_state(path_);
  while (!state.empty()) {
    const auto number = take_number(state, ' ');
    const auto inode = number ? take_number(state, ' ') : std::nullopt;
    const auto size_bytes = inode ? take_number(state, ' ') : std::nullopt;
    const auto begun_unix_ns = size_bytes ? take_number(state, '\n') : std::nullopt;
    if (!begun_unix_ns || *number >= *next) return corrupt_state(path_);
    entries_.push_back({*number, *inode, *size_bytes, *begun_unix_ns});
  }
  next_ = *next;
  needed_next_ = next_ + 1;
  saved_next_ = next_ + 1;
  return {};
}

base::Expected<std::vector<uint64_t>> FileSeries::list_numbers() {
  auto listed = filesystem_.list(directory_);
  if (!listed) return tl::unexpected(listed.error());
  const std::string first = std::filesystem::path(path_).filename().string();
  std::vector<uint64_t> numbers;
  for (const base::DirectoryEntry& entry : *listed) {
    if (const auto number = number_of(entry.name, first)) numbers.push_back(*number);
  }
  return numbers;
}

base::Expected<void> FileSeries::remove_unsaved() {
  auto numbers = list_numbers();
  if (!numbers) return tl::unexpected(numbers.error());
  for (const uint64_t number : *numbers) {
    if (number < next_) continue;
    if (auto removed = filesystem_.remove(name(number)); !removed) return removed;
  }
  return filesystem_.sync_directory(directory_);
}

base::Expected<void> FileSeries::reopen_last() {
  // A file that was left alone is not among them: then the last one ended before it.
  if (entries_.empty() || entries_.back().number + 1 != next_) return {};
  const Entry& last = entries_.back();
  const auto stat = filesystem_.stat(name(last.number));
  if (!stat) {
    if (stat.error().code != base::ErrorCode::kNotFound) return tl::unexpected(stat.error());
    leave_current("it is gone");
    return {};
  }
  if (stat->inode != last.inode) {
    leave_current("it is not the file that was written before");
    return {};
  }
  if (stat->size_bytes < last.size_bytes) {
    leave_current("it holds " + std::to_string(stat->size_bytes) + " bytes of the " +
                  std::to_string(last.size_bytes) + " that were delivered");
    return {};
  }
  auto file = filesystem_.open(name(last.number), base::OpenMode::kAppend);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  saved_size_bytes_ = last.size_bytes;
  if (stat->size_bytes == last.size_bytes) return {};
  needs_cut_ = true;
  if (auto cut = cut_back(); !cut) return cut;
  return file_->sync_data();
}

// --- writing -----------------------------------------------------------------------------------

base::Expected<void> FileSeries::append(std::string_view bytes) {
  CHECK(!needs_save());
  if (auto cut = cut_back(); !cut) return cut;
  check_current();
  if (!file_) {
    if (auto opened = open_next(); !opened) return opened;
  }
  base::Expected<void> result = file_->append(bytes);
  if (result) result = file_->sync_data();
  if (!result) {
    needs_cut_ = true;
    // If it cannot be done now it is done before the next use.
    if (auto cut = cut_back(); !cut) needs_cut_ = true;
    return result;
  }
  entries_.back().size_bytes += bytes.size();
  return {};
}

void FileSeries::end_file() {
  CHECK(is_saved());
  file_.reset();
  saved_size_bytes_ = 0;
}

base::Expected<void> FileSeries::open_next() {
  auto file = filesystem_.open(name(next_), base::OpenMode::kCreateNew);
  if (!file) {
    if (file.error().os_error == EEXIST) {
      // Somebody else's. Its number must not count as ours after a crash.
      ++next_;
      needed_next_ = next_ + 1;
    }
    return tl::unexpected(file.error());
  }
  auto stat = (*file)->stat();
  if (!stat) return tl::unexpected(stat.error());
  if (auto synced = filesystem_.sync_directory(directory_); !synced) {
    // Nobody would find the bytes again: not used, and out of the way for the next attempt.
    if (auto removed = filesystem_.remove(name(next_)); !removed) ++next_;
    return synced;
  }
  file_ = std::move(*file);
  entries_.push_back({next_++, stat->inode, 0, static_cast<uint64_t>(clock_.unix_ns())});
  saved_size_bytes_ = 0;
  needs_cut_ = false;
  return {};
}

base::Expected<void> FileSeries::cut_back() {
  if (!needs_cut_ || !file_) return {};
  if (auto cut = file_->truncate(entries_.back().size_bytes); !cut) return cut;
  needs_cut_ = false;
  return {};
}

// Whether the current file still is the one under its name, as we left it: what is written into a
// file that somebody took away would count as delivered and be found by nobody.
void FileSeries::check_current() {
  if (!file_) return;
  const Entry& current = entries_.back();
  const auto stat = filesystem_.stat(name(current.number));
  if (!stat) {
    if (stat.error().code == base::ErrorCode::kNotFound) leave_current("it is gone");
    return;  // any other failure shows itself when writing
  }
  if (stat->inode != current.inode) {
    leave_current("another file has its name");
  } else if (stat->size_bytes != current.size_bytes) {
    leave_current("somebody else has changed it");
  }
}

void FileSeries::leave_current(std::string_view why) {
  notices_.push_back("cannot go on in '" + name(entries_.back().number) + "': " + std::string(why) +
                     "; a new file is begun");
  entries_.pop_back();  // no longer ours
  file_.reset();
  needs_cut_ = false;
  saved_size_bytes_ = 0;
}

uint64_t FileSeries::size_bytes() const {
  return file_ ? entries_.back().size_bytes : 0;
}

int64_t FileSeries::age_ns() const {
  return file_ ? clock_.unix_ns() - static_cast<int64_t>(entries_.back().begun_unix_ns) : 0;
}

// --- saving ------------------------------------------------------------------------------------

std::string FileSeries::save_state() {
  std::string state(kStateHead);
  state += std::to_string(next_) + "\n";
  for (const Entry& entry : entries_) {
    state += std::to_string(entry.number) + " " + std::to_string(entry.inode) + " " +
             std::to_string(entry.size_bytes) + " " + std::to_string(entry.begun_unix_ns) + "\n";
  }
  offered_next_ = next_ + 1;
  offered_size_bytes_ = size_bytes();
  return state;
}

void FileSeries::saved() {
  saved_next_ = offered_next_;
  saved_size_bytes_ = offered_size_bytes_;
  remove_old();
}

// Only full files: the last one is written to, or will be found again by restore().
void FileSeries::remove_old() {
  while (entries_.size() > size_t{keep_} + 1) {
    const Entry& oldest = entries_.front();
    const auto stat = filesystem_.stat(name(oldest.number));
    if (stat && stat->inode == oldest.inode) {
      if (auto removed = filesystem_.remove(name(oldest.number)); !removed) {
        notices_.push_back(removed.error().message);
        return;
      }
    }
    entries_.erase(entries_.begin());
  }
}

std::string FileSeries::name(uint64_t number) const {
  if (number == 0) return path_;
  const std::string digits = std::to_string(number);
  return path_ + "." + std::string(kNumberDigits - std::min(kNumberDigits, digits.size()), '0') +
         digits;
}

}  // namespace sawlog::outputs
