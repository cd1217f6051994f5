// Starting, stopping, and where the records go.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sawlog/level.h>

namespace sawlog {

// What a call does when its thread's ring is full. What is dropped is counted, and the loss itself
// is logged (event.name log.dropped).
struct WhenFull {
  enum class Policy : std::uint8_t { kDrop, kBlock, kBlockFor };
  Policy policy = Policy::kBlockFor;
  std::chrono::nanoseconds limit = std::chrono::milliseconds(100);
};

inline constexpr WhenFull drop{WhenFull::Policy::kDrop, {}};
inline constexpr WhenFull block{WhenFull::Policy::kBlock, {}};
// Waits that long for room, once: after that calls drop without waiting until there is room again.
constexpr WhenFull block_for(std::chrono::nanoseconds limit) {
  return {WhenFull::Policy::kBlockFor, limit};
}

// Rotation by the library itself, where there is no logrotate: FILE becomes
// FILE-20261121-070655-123456 (UTC) before a batch would make it larger than `bytes`, or when
// another span of `every` has begun since it was written last (they count from midnight UTC), then
// FILE-….zst in the background (with libzstd.so.1; without it, it stays as it is, said once). Safe
// with several processes on one file.
struct Rotation {
  std::size_t bytes = 0;          // 0: whatever its size
  std::chrono::seconds every{0};  // e.g. std::chrono::hours(24); 0: whatever the time
  unsigned keep = 7;              // rotated files kept of each file
  bool compress = true;
};

// A finished line, without its newline, on its way to a Destination.
struct Line {
  Level level;
  std::int64_t time_unix_ns;
  std::string_view logger_name;
  std::string_view text;
};

// Somewhere else that lines go: made by sawlog::to(sink) of <sawlog/spdlog.h>, or by hand. Both
// functions are called by one thread at a time; what they throw is caught and counted as lost.
struct Destination {
  std::shared_ptr<void> state = {};  // kept alive for the two functions, which get its address
  void (*write)(void* state, const Line& line) = nullptr;
  void (*flush)(void* state) = nullptr;
};

struct Options {
  std::string service = {};          // service.name; empty: the program's name
  std::string service_version = {};  // service.version, if not empty
  std::string service_environment = {};

  // Files are opened for appending and created, with their directories, when they are not there.
  // Before each write of a batch the path is looked at, and opened anew when it leads elsewhere:
  // rename, create, nocreate, copytruncate and compress of logrotate need no signal. Several
  // processes may write one file. "-" is the standard output.
  std::string file = {};               // everything
  std::string error_file = {};         // also here: error and fatal
  std::string interactions_file = {};  // also here: event.name agent.*, llm.*, tool.*, rag.*, …
  unsigned file_mode = 0640;           // of files that are created; umask applies
  Rotation rotation = {};              // of each of these files; not at all by default
  std::vector<Destination> destinations = {};

  Level level = Level::info;     // of the root logger
  std::string levels_file = {};  // "checkout.* debug" a line; looked at once a second. Wins
  int debug_signal = 0;          // e.g. SIGUSR1: each one switches all loggers to debug or back
  WhenFull when_full = {};
  std::size_t ring_bytes = std::size_t{256} << 10;  // of each thread that logs first from now on
  bool source_location = true;                      // log.origin.*
};

// Starts the thread that writes. Called again, it changes to the new options; what was logged
// before still goes to the old destinations. A file that cannot be opened does not stop the
// service: it is reported on stderr, tried again before each write, and the result is false.
bool start(Options options);

// Everything logged before the call is with the operating system or the destinations when it
// returns true. False if a file could not be written.
bool flush();

// flush(), then ends the thread and closes the files. The end of the program does it by itself.
void stop();

// Opens the files anew before the next write. Only needed where the path still leads to the old
// file. Safe to call in a signal handler.
void reopen() noexcept;

}  // namespace sawlog
