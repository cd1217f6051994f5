#include "agent/replay_log.h"

#include <charconv>

namespace sawlog::agent {

namespace {

constexpr size_t kBlockBytes = 64u << 10;

std::string head_for(const base::FileStat& letters) {
  return "sawlog replay 1 " + std::to_string(letters.inode) + " " +
         std::to_string(letters.size_bytes) + "\n";
}

base::Expected<std::string> read_all(base::File& file) {
  std::string text;
  for (;;) {
    const size_t begin = text.size();
    text.resize(begin + kBlockBytes);
    const auto count = file.read_at(begin, std::span(text).subspan(begin));
    if (!count) return tl::unexpected(count.error());
    text.resize(begin + *count);
    if (*count == 0) return text;
  }
}

}  // namespace

base::Expected<ReplayLog> ReplayLog::open(base::Filesystem& filesystem, const std::string& path,
                                          const base::FileStat& letters) {
  auto file = filesystem.open(path, base::OpenMode::kAppend);
  if (!file) return tl::unexpected(file.error());
  ReplayLog log(std::move(*file));
  const auto text = read_all(*log.file_);
  if (!text) return tl::unexpected(text.error());
  const std::string head = head_for(letters);
  if (!text->starts_with(head)) {
    if (auto cut = log.file_->truncate(0); !cut) return tl::unexpected(cut.error());
    if (auto begun = log.file_->append(head); !begun) return tl::unexpected(begun.error());
    if (auto synced = log.file_->sync_data(); !synced) return tl::unexpected(synced.error());
    return log;
  }
  size_t at = head.size();
  for (size_t end = text->find('\n', at); end != std::string::npos; end = text->find('\n', at)) {
    uint64_t begin = 0;
    const char* const line_end = text->data() + end;
    const auto parsed = std::from_chars(text->data() + at, line_end, begin);
    if (parsed.ec == std::errc() && parsed.ptr == line_end) log.noted_.insert(begin);
    at = end + 1;
  }
  if (auto cut = log.file_->truncate(at); !cut) return tl::unexpected(cut.error());
  return log;
}

base::Expected<void> ReplayLog::add(std::span<const uint64_t> letter_begins) {
  std::string text;
  for (const uint64_t begin : letter_begins) {
    text += std::to_string(begin) + "\n";
    noted_.insert(begin);
  }
  if (auto appended = file_->append(text); !appended) return appended;
  return file_->sync_data();
}

}  // namespace sawlog::agent
