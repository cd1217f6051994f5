// One file, one offset → the next chunk of whole lines, for one consumer.
//
// A chunk is some 256 KiB (kChunkBytes); more when a line is longer. A line longer than the file's
// line_bytes_max is cut: the chunk ends with its first line_bytes_max bytes, the rest is skipped,
// also over many reads, in bounded memory. A partial last line is left for later unless the file's
// end is final.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/tail/file_reader.h"
#include "agent/tail/tailed_file.h"
#include "lib/base/error.h"
#include "parsers/chunk.h"
#include "parsers/line_splitter.h"

namespace sawlog::agent {

struct ChunkRead {
  parsers::Chunk chunk;  // views into the reader's buffer, until the next read()
  Cursor end;  // the cursor behind the chunk; end.offset == chunk.offset: nothing to read yet
  uint64_t cut_lines = 0;
};

class ChunkReader {
 public:
  static constexpr size_t kChunkBytes = 256u << 10;
  // Very short lines grow when they are framed: this bounds what a chunk may become.
  static constexpr size_t kChunkLinesMax = 8192;

  explicit ChunkReader(FileReader& file_reader) : file_reader_(file_reader) {}

  // end: read no further than this offset.
  [[nodiscard]] base::Expected<ChunkRead> read(const TailedFile& file, uint64_t offset,
                                               std::optional<uint64_t> end);
  // Leaves the first of its lines in what was read, fewer than there are.
  static void keep_lines(ChunkRead& read, size_t count);

 private:
  struct Window {
    size_t size_bytes = 0;
    bool is_end = false;  // the file ends here, and nobody will add to it
  };
  base::Expected<Window> fill(const TailedFile& file, uint64_t offset, size_t want_bytes);
  base::Expected<ChunkRead> read_long_line(const TailedFile& file, uint64_t offset,
                                           const parsers::SplitOptions& options);
  ChunkRead make_chunk(const TailedFile& file, uint64_t offset, size_t size_bytes) const;

  FileReader& file_reader_;
  std::vector<char> buffer_;
  std::vector<parsers::Line> lines_;
  // Lines longer than the limit whose end was not there yet.
  std::unordered_map<base::FileId, parsers::LongLine> long_lines_;
};

}  // namespace sawlog::agent
