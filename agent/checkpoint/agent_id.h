// Who this agent is to its destinations: 96 random bits in hex, made once for a state directory and
// kept in state_dir/id. Kafka's transactions are fenced by it: two agents with one id are one too
// many.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

// Loads the id, or makes one, which is durable when this returns. kCorrupt: the file holds
// something else. random: 64 bits a call. The directory must be there, and locked (state_lock.h).
[[nodiscard]] base::Expected<std::string> load_agent_id(base::Filesystem& filesystem,
                                                        const std::string& state_dir,
                                                        const std::function<uint64_t()>& random);

}  // namespace sawlog::agent
