// Compressing a file with zstd. The library is loaded when it is needed (docs/decisions/0006), so
// that nobody who does not rotate has to have it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace sawlog {

enum class CompressionResult : uint8_t { kDone, kStopped, kNoLibrary, kFailed };

// Writes `to`, durable and whole or not at all; `from` stays. Stops soon after `must_stop` is set,
// and at once if another process is at it or has done it.
[[nodiscard]] CompressionResult compress_file(const std::string& from, const std::string& to,
                                              const std::atomic<bool>& must_stop);

}  // namespace sawlog
