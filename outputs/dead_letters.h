// Lines that a destination refuses for a fault of the line itself, kept on the local disk with the
// reason, so that they hold nobody up and `sawlog replay` can send them again. One file for each
// output.
//
// Format: NDJSON, one line for each record, keys in this order:
//   "@timestamp"      of the refusal
//   "output"          the output's name
//   "reason.type"     a short word, countable: the server's error type, or ours
//   ("message_too_large") "reason.message"  the server's sentence "record.id" parsers/record_id.h
//   "log.file.path", "log.offset"   where the line came from
//   "line"            the shipped line as a string; or, when it is not valid UTF-8,
//   "line_base64"     its bytes in base64 (RFC 4648, with padding)
//
// Invariants:
//   * a line counts as set aside (Outcome::dead_lettered) only after sync() returned without error;
//   * the file never grows beyond bytes_max: write() then fails with kNoSpace and the output waits
//     with the line; nothing is dropped;
//   * a torn last line (crash) is cut off when opening; a failed write leaves no half line behind;
//   * a record that was set aside shortly before (the last kRememberedRecords, also from before a
//     restart) is not written again when the same line is refused again after a crash.
// The file may be moved away or emptied while the agent runs (an operator, `sawlog replay`):
// write() sees it and goes on in a new one, and sync() fails when it happened in between, so that
// whoever took the file finds in it every letter that counts as set aside.
//
// Single-threaded: only on the consumer's thread. Blocks on the local disk only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"
#include "outputs/output.h"

namespace sawlog::outputs {

struct DeadLetterOptions {
  std::string path;
  uint64_t bytes_max = 1ull << 30;
  std::string output_name;
};

// Views of the caller's; nothing is kept after write().
struct DeadLetter {
  std::string_view reason_type;
  std::string_view reason_message;
  std::string_view record_id;
  std::string_view file_path;
  uint64_t offset = 0;
  std::string_view line;  // the shipped form, without a line end
};

class DeadLetters {
 public:
  static constexpr size_t kRememberedRecords = 32'768;
  static constexpr size_t kReasonsMax = 64;  // more different reason types count as "other"

  // Creates the directory and the file where they are missing. filesystem and clock must outlive
  // the result.
  [[nodiscard]] static base::Expected<std::unique_ptr<DeadLetters>> open(
      base::Filesystem& filesystem, const base::Clock& clock, DeadLetterOptions options);
  ~DeadLetters();

  // Appends the line. kNoSpace: the file (or the disk) is full. After any error the same letter is
  // to be written again later.
  [[nodiscard]] base::Expected<void> write(const DeadLetter& letter);
  // Everything written before is durable when it returns. On an error, everything since the last
  // sync() that succeeded must be written again (and is then not refused as known).
  [[nodiscard]] base::Expected<void> sync();

  // Lines by reason since the process started.
  [[nodiscard]] std::vector<DeadLetterCount> counts() const;
  [[nodiscard]] uint64_t size_bytes() const;

 private:
  class Implementation;
  explicit DeadLetters(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sawlog::outputs
