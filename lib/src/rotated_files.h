// What becomes of a log file after the library itself rotated it: FILE-20261121-070655-123456 (the
// time of the rotation, UTC), then FILE-….zst. Agents and people can tell their order by name.
//
// Invariants:
//   * A file is compressed when no process has it open for writing (a read lease says so), so no
//     line that is still on its way into it is lost; until then it stays as it is.
//   * The compressed file is durable before the other one goes.
//   * At most `keep` are kept, and only files named as above are ever removed.
//
// The work is done by a thread of low priority that ends when there is nothing left to do. In a
// forked child it does not exist; the next rotation of either takes the work up.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <pthread.h>
#include <string>
#include <string_view>
#include <vector>

#include <sawlog/options.h>

namespace sawlog {

class RotatedFiles {
 public:
  RotatedFiles(std::string path, const Rotation& rotation);
  // Stops what is under way; it is begun anew another time.
  ~RotatedFiles();
  RotatedFiles(const RotatedFiles&) = delete;
  RotatedFiles& operator=(const RotatedFiles&) = delete;

  // What the file shall be called that is rotated now.
  [[nodiscard]] std::string name_at(int64_t unix_ns) const;
  // Removes and compresses in the background, also what an earlier process left.
  void tidy();
  void forget_thread() {  // in a forked child
    has_thread_ = false;
    work_ = Work::kNone;
  }

 private:
  void run();
  bool step();
  [[nodiscard]] std::vector<std::string> oldest_first() const;
  bool compress(const std::string& path);
  void stop();

  const std::string path_;
  const Rotation rotation_;
  pthread_t thread_{};
  bool has_thread_ = false;  // to be joined
  enum class Work : uint8_t { kNone, kUnderWay, kAgain };
  std::atomic<Work> work_{Work::kNone};
  std::atomic<bool> must_stop_{false};
  bool has_said_why_ = false;  // why it cannot compress, on stderr
};

}  // namespace sawlog
