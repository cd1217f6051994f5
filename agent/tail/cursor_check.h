// Making a cursor from content, and checking a saved cursor against content.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/tail/file_reader.h"
#include "agent/tail/tail.h"
#include "agent/tail/tailed_file.h"
#include "lib/base/error.h"

namespace sawlog::agent {

constexpr uint32_t kCursorHashedBytesMax = 256;

// The cursor at `offset`; `before` are bytes that end there, as many as are at hand (the last 256
// count).
[[nodiscard]] Cursor make_cursor(std::string_view before, uint64_t offset);
// The same, the bytes before the offset being read from the file.
[[nodiscard]] base::Expected<Cursor> make_cursor(FileReader& reader, const TailedFile& file,
                                                 uint64_t offset);

enum class CursorCheck : uint8_t {
  kMatches,     // the bytes before the offset are those that the cursor was made from
  kDiffers,     // other bytes: another content
  kTooShort,    // the content ends before the offset
  kUnreadable,  // no answer now
};
[[nodiscard]] CursorCheck check_cursor(FileReader& reader, const TailedFile& file,
                                       const Cursor& cursor);

// What tail wants to know when the agent starts. A file that some consumer has no cursor for is
// acknowledged up to 0.
[[nodiscard]] SavedPositions collect_positions(std::span<const ConsumerState* const> consumers);

}  // namespace sawlog::agent
