// When the lines of a chunk happened, for a consumer that reads several files in the order of time.
//
// Looks only at the lines that it is asked for. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "parsers/chunk.h"
#include "parsers/record_reader.h"

namespace sawlog::agent {

class LineTimes {
 public:
  LineTimes();

  // ns since 1970 UTC; a line without a time of its own has that of its chunk.
  [[nodiscard]] int64_t time_unix_ns(const parsers::Chunk& chunk, size_t line);

  // How many lines the chunk may keep so that it does not go beyond the limit: those before the
  // first that is newer, in a chunk whose times rise. A chunk whose last line is not newer keeps
  // all.
  [[nodiscard]] size_t count_until(const parsers::Chunk& chunk, int64_t limit_unix_ns);

 private:
  parsers::RecordReader reader_;
};

}  // namespace sawlog::agent
