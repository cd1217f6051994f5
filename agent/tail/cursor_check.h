// Making and checking a consumer's cursors, through its FileReader.
#pragma once

#include <span>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/tail/evidence.h"
#include "agent/tail/file_reader.h"
#include "agent/tail/tail.h"
#include "agent/tail/tailed_file.h"
#include "lib/base/error.h"

namespace sawlog::agent {

// The cursor at the offset, the bytes before it being read from the file. Where they are at hand,
// make_cursor() of evidence.h takes them.
[[nodiscard]] base::Expected<Cursor> make_cursor(FileReader& reader, const TailedFile& file,
                                                 uint64_t offset);

[[nodiscard]] CursorCheck check_cursor(FileReader& reader, const TailedFile& file,
                                       const Cursor& cursor);

// What tail wants to know when the agent starts. A file that some consumer has no cursor for is
// acknowledged up to 0.
[[nodiscard]] SavedPositions collect_positions(std::span<const ConsumerState* const> consumers);

}  // namespace sawlog::agent
