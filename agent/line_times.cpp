#include "agent/line_times.h"

#include <algorithm>
#include <ranges>

#include "lib/base/check.h"

namespace sawlog::agent {

LineTimes::LineTimes() : reader_({}, parsers::Purpose::kFields) {}

int64_t LineTimes::time_unix_ns(const parsers::Chunk& chunk, size_t line) {
  parsers::Line alone = chunk.lines[line];
  parsers::Chunk part = chunk;
  part.bytes = chunk.bytes.substr(alone.begin, alone.next - alone.begin);
  alone.next -= alone.begin;
  alone.begin = 0;
  part.lines = {&alone, 1};
  reader_.start(part);
  const parsers::Record* const record = reader_.next();
  CHECK(record != nullptr);
  return record->time_unix_ns();
}

size_t LineTimes::count_until(const parsers::Chunk& chunk, int64_t limit_unix_ns) {
  const auto is_in_time = [&](size_t line) { return time_unix_ns(chunk, line) <= limit_unix_ns; };
  const size_t count = chunk.lines.size();
  if (count == 0 || is_in_time(count - 1)) return count;
  const auto lines = std::views::iota(size_t{0}, count);
  return static_cast<size_t>(std::ranges::partition_point(lines, is_in_time) - lines.begin());
}

}  // namespace sawlog::agent
