// One file, one offset → the next chunk of whole lines, for one consumer.
//
// A chunk is some 256 KiB (kChunkBytes); more when a line is longer. A line longer than the file's
// line_bytes_max is cut: the chunk ends with its first line_bytes_max bytes, the rest is skipped,
// also over many reads, in bounded memory. A partial last line is left for later unless the file's
// end is final.
//
// Where lines are joined to records (parsers/record_joiner.h), a chunk ends with a whole record.
// The last one may be open: then it is left for later, unless the file's end is final, or the
// caller says that it ends here.
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
#include "parsers/record_joiner.h"

namespace sawlog::agent {

struct ChunkRead {
  parsers::Chunk chunk;  // views into the reader's buffer, until the next read()
  Cursor end;  // the cursor behind the chunk; end.offset == chunk.offset: nothing to read yet
  uint64_t cut_lines = 0;
  // The last record may go on: with nothing to read, it is held back, else it ends at end.
  bool has_open_record = false;
};

// Whether the last record ends where the bytes end.
enum class RecordEnd : uint8_t { kByContent, kHere };

class ChunkReader {
 public:
  static constexpr size_t kChunkBytes = 256u << 10;
  // Very short lines grow when they are framed: this bounds what a chunk may become.
  static constexpr size_t kChunkLinesMax = 8192;

  explicit ChunkReader(FileReader& file_reader) : file_reader_(file_reader) {}

  // end: read no further than this offset, where records end, too.
  [[nodiscard]] base::Expected<ChunkRead> read(const TailedFile& file, uint64_t offset,
                                               std::optional<uint64_t> end, RecordEnd record_end);
  // The contexts of the sources have changed: what was made of them is made again.
  void forget_sources() { joiners_.clear(); }
  // Leaves the first of its lines in what was read, fewer than there are. Not where records were
  // made of lines (Chunk::origins): what lies between them is not known.
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
  ChunkRead make_records(const TailedFile& file, uint64_t offset, size_t size_bytes,
                         bool ends_here);

  FileReader& file_reader_;
  std::vector<char> buffer_;
  std::vector<parsers::Line> lines_;
  // Lines longer than the limit whose end was not there yet.
  std::unordered_map<base::FileId, parsers::LongLine> long_lines_;
  std::unordered_map<const parsers::SourceContext*, parsers::RecordJoiner> joiners_;
};

}  // namespace sawlog::agent
