#include "agent/chunk_time.h"

namespace sawlog::agent {

ChunkTime chunk_time(const ConsumerState& state, const base::FileId& file, uint64_t offset,
                     int64_t now_unix_ns, int64_t file_unix_ns) {
  const auto found = state.time_notes.find(file);
  if (found == state.time_notes.end()) return {now_unix_ns, file_unix_ns, std::nullopt};
  for (const TimeNote& note : found->second) {
    if (note.end <= offset) continue;
    if (note.begin <= offset) return {note.unix_ns, note.file_unix_ns, note.end};
    return {now_unix_ns, file_unix_ns, note.begin};
  }
  return {now_unix_ns, file_unix_ns, std::nullopt};
}

}  // namespace sawlog::agent
