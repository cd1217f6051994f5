#include "agent/tail/held_content.h"

#include <algorithm>
#include <set>
#include <utility>

#include <zstd.h>

#include "agent/tail/evidence.h"
#include "lib/base/check.h"

namespace sawlog::agent {

namespace {

constexpr size_t kPieceBytes = 4u << 20;
constexpr int kPiecesPerCall = 4;

std::string compressed(std::string_view bytes) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size =
      ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  CHECK(ZSTD_isError(size) == 0);  // there is room for the worst case
  frame.resize(size);
  return frame;
}

}  // namespace

std::string HeldContents::path_of(const KnownFile& known) const {
  return directory() + "/" + known.record.id.hex() + ".zst";
}

// The copy, cut to what the record says of it.
base::Expected<std::unique_ptr<base::File>> HeldContents::open(KnownFile& known) {
  if (known.record.held_end == 0) return create(known);
  auto file = context_.filesystem.open(path_of(known), base::OpenMode::kAppend);
  if (!file) return file;
  if (auto cut = (*file)->truncate(known.record.held_bytes); !cut) {
    return tl::unexpected(cut.error());
  }
  return file;
}

// Consumers that come later begin where the copy is wanted from.
base::Expected<std::unique_ptr<base::File>> HeldContents::create(KnownFile& known) {
  if (auto made = context_.filesystem.create_directories(directory()); !made) {
    return tl::unexpected(made.error());
  }
  auto file = context_.filesystem.open(path_of(known), base::OpenMode::kTruncate);
  if (!file) return file;
  if (auto synced = context_.filesystem.sync_directory(directory()); !synced) {
    return tl::unexpected(synced.error());
  }
  IdentityRecord& record = known.record;
  const uint64_t acknowledged = std::min(known.file->acknowledged_by_all(), known.size_bytes);
  record.start_offset = std::max(record.start_offset, acknowledged);
  record.held_begin = acknowledged - std::min<uint64_t>(acknowledged, kCursorHashedBytesMax);
  record.held_bytes = 0;
  record.held_since_unix_ns = context_.clock.unix_ns();
  return file;
}

base::Expected<void> HeldContents::hold(KnownFile& known) {
  IdentityRecord& record = known.record;
  uint64_t offset = record.held_end > 0 ? record.held_end : record.held_begin;
  if (record.held_end > 0 && known.compression == Compression::kNone &&
      offset >= known.size_bytes) {
    return {};
  }
  auto file = open(known);
  if (!file) return tl::unexpected(file.error());
  offset = record.held_end > 0 ? record.held_end : record.held_begin;
  std::string piece(kPieceBytes, '\0');
  for (int count = 0; count < kPiecesPerCall; ++count) {
    const auto size = reader_.read(*known.file, offset, piece);
    if (!size) return {};  // it was truncated, say: the next look finds out
    if (*size == 0) break;
    const std::string frame = compressed(std::string_view(piece).substr(0, *size));
    if (auto done = (*file)->append(frame); !done) return done;
    if (auto done = (*file)->sync_data(); !done) return done;
    offset += *size;
    record.held_end = offset;
    record.held_bytes += frame.size();
    context_.save(known);
    if (*size < piece.size()) break;
  }
  return {};
}

bool HeldContents::read_from_copy(KnownFile& known) {
  auto file = context_.filesystem.open(path_of(known), base::OpenMode::kRead);
  if (!file) {
    context_.report_once(file.error().message, path_of(known));
    return false;
  }
  auto content = std::make_shared<Content>();
  content->file = std::move(*file);
  content->compression = Compression::kZstd;
  content->begin_offset = known.record.held_begin;
  content->path = path_of(known);
  known.content = std::move(content);
  known.is_held = true;
  known.is_verified = true;
  known.compression = Compression::kZstd;
  known.size_bytes = known.record.held_end;
  context_.files.set_inode(known, 0, 0);
  known.record.end_is_final = true;
  known.record.end = known.proof;
  context_.save(known);
  context_.report(TailEvent::Level::kInfo, "file is gone; its rest is read from the agent's copy",
                  known);
  return true;
}

void HeldContents::remove(KnownFile& known) {
  if (known.record.held_end == 0) return;
  const auto removed = context_.filesystem.remove(path_of(known));
  if (!removed && removed.error().code != base::ErrorCode::kNotFound) {
    context_.report_once(removed.error().message, path_of(known));
  }
  known.is_held = false;
  known.record.held_begin = known.record.held_end = known.record.held_bytes = 0;
  known.record.held_since_unix_ns = 0;
  context_.save(known);
}

void HeldContents::remove_unknown() {
  const auto entries = context_.filesystem.list(directory());
  if (!entries) return;  // nothing was held ever
  std::set<std::string> wanted;
  for (const auto& [id, known] : context_.files.all()) {
    const IdentityRecord& record = known->record;
    if (record.held_end > 0 && !record.is_released) wanted.insert(path_of(*known));
  }
  for (const auto& entry : *entries) {
    const std::string path = directory() + "/" + entry.name;
    if (wanted.contains(path)) continue;
    if (auto removed = context_.filesystem.remove(path); !removed) {
      context_.report_once(removed.error().message, path);
    }
  }
}

void HeldContents::keep_limits() {
  std::vector<std::vector<KnownFile*>> held(context_.sources.size());
  context_.counters.held_bytes = 0;
  for (const auto& [id, known] : context_.files.all()) {
    if (known->record.held_end == 0 || known->record.is_released) continue;
    context_.counters.held_bytes += known->record.held_bytes;
    if (known->source_index != kNoSource) held[known->source_index].push_back(known.get());
  }
  const int64_t now_unix_ns = context_.clock.unix_ns();
  for (size_t index = 0; index < held.size(); ++index) {
    keep_limits_of(index, held[index], now_unix_ns);
  }
}

// The oldest goes first.
void HeldContents::keep_limits_of(size_t source_index, std::vector<KnownFile*>& held,
                                  int64_t now_unix_ns) {
  const TailSource& source = context_.sources[source_index];
  std::ranges::sort(held, {}, [](const KnownFile* known) {
    return std::pair(known->record.held_since_unix_ns, known->record.id);
  });
  uint64_t bytes = 0;
  for (const KnownFile* known : held) bytes += known->record.held_bytes;
  for (KnownFile* known : held) {
    const bool is_old = source.held_age_max_ns < INT64_MAX &&
                        now_unix_ns - known->record.held_since_unix_ns > source.held_age_max_ns;
    if (!is_old && bytes <= source.held_bytes_max) return;
    known->is_over_limit = true;
    bytes -= known->record.held_bytes;
  }
}

}  // namespace sawlog::agent
