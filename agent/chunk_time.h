// What the records of a chunk become that their content does not say: the time of lines that have
// none is when their bytes were read first, a missing year is that of the file's time, and a record
// of several lines may end because nothing more came.
//
// It is noted before such records leave (ConsumerCheckpoint::note_time), and bytes that were noted
// are read again with the borders and the times of then: a repeat after a crash is the same.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/checkpoint/consumer_checkpoint.h"

namespace sawlog::agent {

struct ChunkTime {
  int64_t unix_ns = 0;
  int64_t file_unix_ns = 0;
  std::optional<uint64_t> border;  // a chunk that begins at the offset may not reach beyond it
};

[[nodiscard]] ChunkTime chunk_time(const ConsumerState& state, const base::FileId& file,
                                   uint64_t offset, int64_t now_unix_ns, int64_t file_unix_ns);

}  // namespace sawlog::agent
