// One agent at a time in a state directory: a lock on state_dir/lock, held as long as the object
// (and the process) lives. The file holds the pid of the holder, for people.
#pragma once

#include <string>

#include "lib/base/error.h"

namespace sawlog::agent {

class StateLock {
 public:
  // kUnavailable with the holder's pid while another process has it. The directory must be there.
  [[nodiscard]] static base::Expected<StateLock> acquire(const std::string& state_dir);
  ~StateLock();
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

 private:
  explicit StateLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace sawlog::agent
