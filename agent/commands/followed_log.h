// One log that `sawlog tail` shows: what a path leads to, and what it led to before.
//
// A file that the path does not lead to any more (rotated) is read on until nothing came for a
// second: services write into it until they reopen. One that became shorter is read from its
// beginning. Nothing is remembered after the end of the program. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/chunk_reader.h"
#include "agent/tail/file_reader.h"
#include "lib/base/clock.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent::commands {

class FollowedLog {
 public:
  using Visit = std::function<void(const parsers::Chunk&)>;

  // Everything outlives the log. The path may lead nowhere yet.
  FollowedLog(std::string path, const parsers::SourceContext& source, base::Filesystem& filesystem,
              const base::Clock& clock);

  // Opens what the path leads to.
  [[nodiscard]] base::Expected<void> open();
  // Leaves out what is before the last lines; of plain files only.
  void skip_to_last_lines(uint64_t count);
  // Gives all whole lines that are there; with is_final also a last one without its end.
  [[nodiscard]] base::Expected<void> read(bool is_final, const Visit& visit);
  // Looks where the path leads now.
  void look();
  // A compressed file does not grow.
  [[nodiscard]] bool may_grow() const;

 private:
  struct Part {
    std::shared_ptr<TailedFile> file;
    base::FileStat status;
    uint64_t offset = 0;
    int64_t grown_at_ns = 0;
  };
  base::Expected<void> read_part(Part& part, const Visit& visit);
  [[nodiscard]] bool leads_elsewhere(const base::FileStat& now) const;

  const std::string path_;
  const parsers::SourceContext& source_;
  base::Filesystem& filesystem_;
  const base::Clock& clock_;
  FileReader file_reader_;
  ChunkReader chunk_reader_{file_reader_};
  std::vector<Part> parts_;  // oldest first; the path leads to the last, or led
  uint8_t part_count_ = 0;
};

}  // namespace sawlog::agent::commands
