// The time of lines that have none of their own: when their bytes were read first.
//
// It is noted before such lines leave (ConsumerCheckpoint::note_time), and bytes that were noted
// are read again with the borders and the time of then, so that a repeat after a crash is the same.
#pragma once

#include <cstdint>
#include <optional>

#include "agent/checkpoint/consumer_checkpoint.h"

namespace sawlog::agent {

struct ChunkTime {
  int64_t unix_ns = 0;
  std::optional<uint64_t> border;  // a chunk that begins at the offset may not reach beyond it
};

[[nodiscard]] ChunkTime chunk_time(const ConsumerState& state, const base::FileId& file,
                                   uint64_t offset, int64_t now_unix_ns);

}  // namespace sawlog::agent
