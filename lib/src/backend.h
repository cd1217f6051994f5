// The consumer's side: takes records out of the rings in the order of their times, makes lines of
// them, and hands the lines to the files and destinations in batches. Has no thread and no lock of
// its own; the runtime calls it from one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sawlog/options.h>

#include "lib/src/line_encoder.h"
#include "lib/src/log_file.h"
#include "lib/src/ring.h"
#include "lib/src/ticks.h"

namespace sawlog {

class Backend {
 public:
  static constexpr size_t kBatchBytesMax = size_t{128} << 10;

  // own_logger writes what Sawlog itself has to say. Both outlive the backend.
  Backend(Options options, TickClock& clock, const LoggerNode& own_logger);

  // False: a file could not be opened (reported).
  bool open_files();

  // Takes what the rings hold and is not younger than until_ticks, and hands it all on. Records of
  // different rings come out in the order of their times.
  void drain(std::span<const std::shared_ptr<Ring>> rings, uint64_t until_ticks);
  // Once it is more than a second after the last time, or if `now` is set: logs what was lost.
  void report_losses(std::span<const std::shared_ptr<Ring>> rings, bool now);
  // Tries again what could not be written; the destinations write what they hold back.
  bool flush();
  // Looks after files that nothing is written to.
  void look_after_files();
  void reopen_files();

  // Whether a file does not take its lines, and the options say that callers must rather wait.
  [[nodiscard]] bool must_wait();

  void forget_pending();  // in a forked child
  void forget_literals() { encoder_.forget_literals(); }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  struct FilteredFile;
  struct BatchLine {
    size_t end;  // in batch_
    Level level;
    bool is_interaction;
    int64_t time_unix_ns;
    const LoggerNode* logger;
  };
  enum class Selection : uint8_t { kAll, kErrors, kInteractions };
  struct File {
    std::unique_ptr<LogFile> log_file;
    Selection selection;
  };

  void add_file(const std::string& path, Selection selection);
  void take_run(Ring& ring, uint64_t until_ticks);
  void take(const char* record);
  void append_line(const char* record);
  void make_room(size_t size_bytes);
  void deliver(size_t line_count);
  void write_selected(File& file, size_t line_count);
  void write_to(const Destination& destination, size_t line_count);
  void note_destination_failure(const char* what);
  void log_loss(std::string_view reason, uint64_t count);

  const Options options_;
  TickClock& clock_;
  const LoggerNode& own_logger_;
  LineEncoder encoder_;
  std::vector<File> files_;

  std::unique_ptr<char[]> batch_;
  size_t batch_capacity_ = 0;
  size_t batch_size_ = 0;
  std::vector<BatchLine> lines_;
  std::string selected_;  // the lines of a batch that one file gets

  struct Head {
    uint64_t ticks;
    Ring* ring;
  };
  std::vector<Head> heads_;  // a heap, the oldest record on top

  uint64_t lost_in_files_ = 0;
  uint64_t lost_in_destinations_ = 0;
  bool destination_failure_reported_ = false;
  uint64_t last_report_ticks_ = 0;
};

}  // namespace sawlog
