#include "agent/tail/cursor_check.h"

#include <algorithm>
#include <array>

namespace sawlog::agent {

namespace {

// Fewer bytes than asked for only at the end of the content.
base::Expected<size_t> read_fully(FileReader& reader, const TailedFile& file, uint64_t offset,
                                  std::span<char> into) {
  size_t done = 0;
  while (done < into.size()) {
    const auto count = reader.read(file, offset + done, into.subspan(done));
    if (!count) return count;
    if (*count == 0) break;
    done += *count;
  }
  return done;
}

}  // namespace

base::Expected<Cursor> make_cursor(FileReader& reader, const TailedFile& file, uint64_t offset) {
  const uint64_t size = std::min<uint64_t>(offset, kCursorHashedBytesMax);
  std::array<char, kCursorHashedBytesMax> bytes{};
  const auto count = read_fully(reader, file, offset - size, std::span(bytes).first(size));
  if (!count) return tl::unexpected(count.error());
  if (*count < size) {
    return base::unexpected(base::ErrorCode::kUnavailable,
                            "cannot read '" + file.path() + "' up to offset " +
                                std::to_string(offset) + ": the file has become shorter");
  }
  return make_cursor(std::string_view(bytes.data(), size), offset);
}

CursorCheck check_cursor(FileReader& reader, const TailedFile& file, const Cursor& cursor) {
  if (cursor.hashed_bytes == 0) return CursorCheck::kMatches;
  std::string bytes(cursor.hashed_bytes, '\0');
  const auto count = read_fully(reader, file, cursor.offset - cursor.hashed_bytes, bytes);
  if (!count) return CursorCheck::kUnreadable;
  if (*count < bytes.size()) return CursorCheck::kTooShort;
  return make_cursor(bytes, cursor.offset).hash_before == cursor.hash_before
             ? CursorCheck::kMatches
             : CursorCheck::kDiffers;
}

SavedPositions collect_positions(std::span<const ConsumerState* const> consumers) {
  SavedPositions positions;
  std::unordered_map<base::FileId, size_t> cursor_counts;
  for (const ConsumerState* consumer : consumers) {
    for (const auto& [file, cursor] : consumer->cursors) {
      const bool is_first = cursor_counts[file]++ == 0;
      SavedPosition& position = positions[file];
      position.acknowledged =
          is_first ? cursor.offset : std::min(position.acknowledged, cursor.offset);
      if (is_first || cursor.offset > position.furthest.offset) position.furthest = cursor;
    }
  }
  for (auto& [file, position] : positions) {
    if (cursor_counts[file] < consumers.size()) position.acknowledged = 0;
  }
  return positions;
}

}  // namespace sawlog::agent
