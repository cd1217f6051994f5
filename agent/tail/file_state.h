// A file's life: reading → rotated → drained → released. The one place where it is decided.
#pragma once

#include "agent/tail/tailed_file.h"

namespace sawlog::agent {

// What tail knows about a file in one look.
struct FileFacts {
  bool has_live_name = false;       // a name that the globs mean leads to its content
  bool end_is_final = false;        // nobody can write any more
  bool is_acknowledged = false;     // every consumer has reached the end, as it is known
  bool is_given_up = false;         // its content is nowhere any more
  bool is_release_durable = false;  // the identity store knows that consumers are done with it
};

[[nodiscard]] constexpr FileState next_state(FileState state, const FileFacts& facts) {
  switch (state) {
    case FileState::kReading:
    case FileState::kRotated:
      if (facts.is_given_up) return FileState::kDrained;
      if (facts.has_live_name) return FileState::kReading;
      return facts.end_is_final && facts.is_acknowledged ? FileState::kDrained
                                                         : FileState::kRotated;
    case FileState::kDrained:
      return facts.is_release_durable ? FileState::kReleased : FileState::kDrained;
    case FileState::kReleased:
      return FileState::kReleased;
  }
  return state;
}

}  // namespace sawlog::agent
