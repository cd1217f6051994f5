#include "agent/commands/followed_log.h"

#include <algorithm>
#include <array>

#include "agent/tail/evidence.h"
#include "agent/tail/sibling_name.h"

namespace sawlog::agent::commands {

namespace {

constexpr uint64_t kLineBytesMax = 16u << 20;
constexpr int64_t kRotatedIdleNs = base::kNsPerSecond;

}  // namespace

FollowedLog::FollowedLog(std::string path, const parsers::SourceContext& source,
                         base::Filesystem& filesystem, const base::Clock& clock)
    : path_(std::move(path)), source_(source), filesystem_(filesystem), clock_(clock) {}

base::Expected<void> FollowedLog::open() {
  auto opened = filesystem_.open(path_, base::OpenMode::kRead);
  if (!opened) return tl::unexpected(opened.error());
  auto content = std::make_shared<Content>();
  content->file = std::move(*opened);
  content->path = path_;
  const auto status = content->file->stat();
  if (!status) return tl::unexpected(status.error());
  const auto compression = compression_of(*content->file, compression_by_name(path_));
  if (!compression) return tl::unexpected(compression.error());
  content->compression = compression->value_or(Compression::kNone);
  base::FileId id;
  id.bytes[0] = ++part_count_;
  Part part;
  part.file = std::make_shared<TailedFile>(id, &source_, kLineBytesMax, path_, 0);
  part.file->set_content(std::move(content));
  part.file->set_size_bytes(status->size_bytes);
  part.status = *status;
  part.grown_at_ns = clock_.monotonic_ns();
  parts_.push_back(std::move(part));
  return {};
}

bool FollowedLog::may_grow() const {
  return parts_.empty() || parts_.back().file->content()->compression == Compression::kNone;
}

void FollowedLog::skip_to_last_lines(uint64_t count) {
  if (parts_.empty() || !may_grow()) return;
  Part& part = parts_.back();
  const auto content = part.file->content();
  std::array<char, 64u << 10> block{};
  uint64_t begin = part.status.size_bytes;
  for (uint64_t newlines = 0; begin > 0;) {
    const uint64_t size = std::min<uint64_t>(begin, block.size());
    const auto got = content->file->read_at(begin - size, std::span(block).first(size));
    if (!got || *got < size) break;
    for (uint64_t at = size; at > 0; --at) {
      const uint64_t next_line = begin - size + at;
      if (block[at - 1] != '\n' || next_line == part.status.size_bytes) continue;
      if (++newlines < count) continue;
      part.offset = next_line;
      return;
    }
    begin -= size;
  }
}

base::Expected<void> FollowedLog::read(bool is_final, const Visit& visit) {
  const int64_t now_ns = clock_.monotonic_ns();
  for (Part& part : parts_) {
    const bool is_rotated = &part != &parts_.back();
    const bool is_idle = now_ns - part.grown_at_ns >= kRotatedIdleNs;
    if (is_final || (is_rotated && is_idle)) part.file->set_end_is_final();
    if (auto done = read_part(part, visit); !done) return done;
  }
  std::erase_if(parts_, [this](const Part& part) {
    return &part != &parts_.back() && part.file->end_is_final();
  });
  return {};
}

base::Expected<void> FollowedLog::read_part(Part& part, const Visit& visit) {
  const auto content = part.file->content();
  const auto status = content->file->stat();
  if (!status) return tl::unexpected(status.error());
  const bool is_plain = content->compression == Compression::kNone;
  if (is_plain) part.file->set_size_bytes(status->size_bytes);
  while (!is_plain || part.offset < part.file->size_bytes()) {
    auto chunk = chunk_reader_.read(*part.file, part.offset, std::nullopt, RecordEnd::kHere);
    if (!chunk) return tl::unexpected(chunk.error());
    if (chunk->end.offset == part.offset) break;
    part.offset = chunk->end.offset;
    part.grown_at_ns = clock_.monotonic_ns();
    chunk->chunk.file_unix_ns = status->modified_unix_ns;
    visit(chunk->chunk);
  }
  if (content->findings.is_damaged) {
    return base::unexpected(base::ErrorCode::kCorrupt, "cannot read '" + path_ +
                                                           "' further: its compressed content is "
                                                           "damaged");
  }
  return {};
}

bool FollowedLog::leads_elsewhere(const base::FileStat& now) const {
  if (parts_.empty()) return true;
  const Part& part = parts_.back();
  return now.inode != part.status.inode || now.device != part.status.device ||
         now.size_bytes < part.offset;
}

void FollowedLog::look() {
  const auto now = filesystem_.stat(path_);
  if (!now || !leads_elsewhere(*now)) return;
  if (!parts_.empty() && now->inode == parts_.back().status.inode) parts_.pop_back();  // truncated
  (void)open();  // gone again: the next look tells
}

}  // namespace sawlog::agent::commands
