// The files of a report, cut into pieces that threads can read on their own, and a reader of the
// whole lines of one piece.
//
// A plain file is cut every kPieceBytes; a line belongs to the piece in which its first byte lies.
// A compressed file (gzip, zstd, xz, by its content) is one piece.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/tail/decoder.h"
#include "agent/tail/tailed_file.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"
#include "parsers/chunk.h"
#include "parsers/line_splitter.h"

namespace sawlog::agent {

constexpr uint64_t kPieceBytes = 16u << 20;

struct LogPiece {
  std::string path;
  Compression compression = Compression::kNone;
  uint64_t begin = 0;  // of a plain file; of a compressed one 0 …
  uint64_t end = 0;    // … and its compressed size
};

struct LogInput {
  std::vector<LogPiece> pieces;     // compressed ones first: they take longest
  std::vector<base::Error> errors;  // files and directories that could not be looked at
  size_t file_count = 0;
  uint64_t size_bytes = 0;  // of all pieces, on disk
};

// Files, and all files below directories (hidden ones are left out), in no particular order.
[[nodiscard]] LogInput find_log_input(base::Filesystem& filesystem,
                                      const std::vector<std::string>& paths);

// Not thread-safe; one for each piece.
class PieceReader {
 public:
  [[nodiscard]] static base::Expected<PieceReader> open(base::Filesystem& filesystem,
                                                        const LogPiece& piece);

  // The next lines of the piece, or an empty optional after the last. The chunk ends with the next
  // call. An error is one of reading the file.
  [[nodiscard]] base::Expected<std::optional<parsers::Chunk>> next();
  // What could not be read: a compressed file that ends in the middle, or is damaged. "" if all.
  [[nodiscard]] std::string defect() const;

 private:
  PieceReader(LogPiece piece, std::shared_ptr<base::File> file);
  base::Expected<size_t> read(std::span<char> into);
  base::Expected<void> fill();
  base::Expected<void> skip_first_line();
  base::Expected<void> read_long_line(const parsers::SplitOptions& options);
  void leave_lines_of_next_piece(uint64_t chunk_offset);

  LogPiece piece_;
  std::shared_ptr<base::File> file_;  // shared with the decoder
  std::unique_ptr<Decoder> decoder_;  // of a compressed file
  uint64_t read_offset_ = 0;          // of the next byte that read() gives, decompressed
  parsers::SourceContext source_;
  std::vector<char> buffer_;   // from the beginning of a line
  size_t filled_bytes_ = 0;    // of buffer_
  size_t consumed_bytes_ = 0;  // of buffer_, by the chunks that were given
  std::vector<parsers::Line> lines_;
  bool is_end_ = false;   // of the file
  bool is_done_ = false;  // the rest belongs to the next piece
};

}  // namespace sawlog::agent
