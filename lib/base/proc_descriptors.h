// What /proc says about the descriptors of all processes: the fallback where a read lease is
// refused, and the way to a file that has no name any more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/filesystem.h"

namespace sawlog::base {

// kSome: a process of those that we may look into has the inode open for writing. kNone: we could
// look into every process and none has. kUnknown: some process is closed to us.
[[nodiscard]] WriterState writers_in_proc(uint64_t device, uint64_t inode);

// "/proc/PID/fd/N" that leads to the inode; nothing if no process that we may look into has it
// open.
[[nodiscard]] std::optional<std::string> descriptor_path_in_proc(uint64_t device, uint64_t inode);

}  // namespace sawlog::base
