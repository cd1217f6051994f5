#include "agent/report/log_input.h"

#include <algorithm>

#include "agent/tail/evidence.h"

namespace sawlog::agent {

namespace {

constexpr uint32_t kLineBytesMax = 1u << 20;
constexpr size_t kReadBytes = 256u << 10;   // worth the call, and stays in the cache
constexpr size_t kBehindBytes = 64u << 10;  // for the end of a line that reaches behind its piece
// A line of the limit always fits, and what is read beside it.
constexpr size_t kBufferBytes = parsers::split_buffer_bytes_min(kLineBytesMax) + kReadBytes;

// By its first bytes, whatever its name.
base::Expected<Compression> compression_by_content(base::File& file) {
  for (const Compression kind : {Compression::kGzip, Compression::kZstd, Compression::kXz}) {
    const auto found = compression_of(file, kind);
    if (!found) return tl::unexpected(found.error());
    if (*found == kind) return kind;
  }
  return Compression::kNone;
}

class InputSearch {
 public:
  InputSearch(base::Filesystem& filesystem, LogInput& input)
      : filesystem_(filesystem), input_(input) {}

  void add(const std::string& path) {
    const auto status = filesystem_.stat(path);
    if (!status) {
      input_.errors.push_back(status.error());
    } else if (status->is_directory) {
      add_directory(path);
    } else if (status->is_regular) {
      add_file(path, status->size_bytes);
    } else {
      input_.errors.push_back({base::ErrorCode::kInvalid,
                               "cannot read '" + path + "': neither a file nor a directory"});
    }
  }

 private:
  void add_directory(const std::string& path) {
    const auto entries = filesystem_.list(path);
    if (!entries) {
      input_.errors.push_back(entries.error());
      return;
    }
    for (const base::DirectoryEntry& entry : *entries) {
      // A link leads to what is found elsewhere, or in a circle.
      if (entry.name.starts_with('.') || entry.is_link) continue;
      add(path + (path.ends_with('/') ? "" : "/") + entry.name);
    }
  }

  void add_file(const std::string& path, uint64_t size_bytes) {
    auto file = filesystem_.open(path, base::OpenMode::kRead);
    if (!file) {
      input_.errors.push_back(file.error());
      return;
    }
    const auto compression = compression_by_content(**file);
    if (!compression) {
      input_.errors.push_back(compression.error());
      return;
    }
    ++input_.file_count;
    input_.size_bytes += size_bytes;
    const uint64_t step =
        *compression == Compression::kNone ? kPieceBytes : std::max<uint64_t>(size_bytes, 1);
    for (uint64_t begin = 0; begin < size_bytes; begin += step) {
      input_.pieces.push_back({path, *compression, begin, std::min(size_bytes, begin + step)});
    }
  }

  base::Filesystem& filesystem_;
  LogInput& input_;
};

}  // namespace

LogInput find_log_input(base::Filesystem& filesystem, const std::vector<std::string>& paths) {
  LogInput input;
  InputSearch search(filesystem, input);
  for (const std::string& path : paths) search.add(path);
  std::ranges::stable_sort(input.pieces, {}, [](const LogPiece& piece) {
    return std::pair(piece.compression == Compression::kNone, UINT64_MAX - piece.end + piece.begin);
  });
  return input;
}

base::Expected<PieceReader> PieceReader::open(base::Filesystem& filesystem, const LogPiece& piece) {
  auto file = filesystem.open(piece.path, base::OpenMode::kRead);
  if (!file) return tl::unexpected(file.error());
  PieceReader reader(piece, std::move(*file));
  if (piece.compression == Compression::kNone && piece.begin > 0) {
    if (auto skipped = reader.skip_first_line(); !skipped) return tl::unexpected(skipped.error());
  }
  return reader;
}

PieceReader::PieceReader(LogPiece piece, std::shared_ptr<base::File> file)
    : piece_(std::move(piece)), file_(std::move(file)), read_offset_(piece_.begin) {
  if (piece_.compression != Compression::kNone) {
    decoder_ = std::make_unique<Decoder>(file_, piece_.compression);
  }
  buffer_.resize(kBufferBytes + parsers::kPaddingBytes);
}

std::string PieceReader::defect() const {
  if (decoder_ == nullptr || decoder_->state() == Decoder::State::kWhole) return "";
  return "'" + piece_.path + "' " +
         (decoder_->state() == Decoder::State::kDamaged ? "is damaged" : "ends in the middle") +
         " after " + std::to_string(decoder_->position()) + " decompressed bytes";
}

base::Expected<size_t> PieceReader::read(std::span<char> into) {
  auto count = decoder_ != nullptr ? decoder_->read(into) : file_->read_at(read_offset_, into);
  if (count) read_offset_ += *count;
  return count;
}

// Moves what is left to the front and reads behind it.
base::Expected<void> PieceReader::fill() {
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(consumed_bytes_),
            buffer_.begin() + static_cast<ptrdiff_t>(filled_bytes_), buffer_.begin());
  filled_bytes_ -= consumed_bytes_;
  consumed_bytes_ = 0;
  size_t want_bytes = std::min(kReadBytes, kBufferBytes - filled_bytes_);
  if (decoder_ == nullptr) {
    const uint64_t left = piece_.end - std::min(piece_.end, read_offset_);
    want_bytes = std::min<uint64_t>(want_bytes, left + kBehindBytes);
  }
  const auto count = read(std::span(buffer_).subspan(filled_bytes_, want_bytes));
  if (!count) return tl::unexpected(count.error());
  filled_bytes_ += *count;
  is_end_ = *count < want_bytes;
  std::fill_n(buffer_.begin() + static_cast<ptrdiff_t>(filled_bytes_), parsers::kPaddingBytes,
              '\0');
  return {};
}

// The line that began in the piece before: up to the first LF at or after the byte before begin.
base::Expected<void> PieceReader::skip_first_line() {
  --read_offset_;
  while (true) {
    const auto count = read(std::span(buffer_).first(kReadBytes));
    if (!count) return tl::unexpected(count.error());
    const std::string_view bytes(buffer_.data(), *count);
    const size_t end = bytes.find('\n');
    if (end != std::string_view::npos) {
      read_offset_ -= bytes.size() - end - 1;
      return {};
    }
    if (bytes.empty()) {
      is_end_ = true;
      return {};
    }
  }
}

base::Expected<std::optional<parsers::Chunk>> PieceReader::next() {
  while (!is_done_) {
    if (auto filled = fill(); !filled) return tl::unexpected(filled.error());
    parsers::Chunk chunk;
    chunk.source = &source_;
    chunk.path = piece_.path;
    chunk.offset = read_offset_ - filled_bytes_;
    const parsers::SplitOptions options{.at_start_of_file = chunk.offset == 0,
                                        .end_is_final = is_end_,
                                        .line_bytes_max = kLineBytesMax};
    const std::string_view bytes(buffer_.data(), filled_bytes_);
    const parsers::SplitResult cut = parsers::split_lines(bytes, options, lines_);
    consumed_bytes_ = cut.consumed_bytes;
    if (cut.needs_line_end) {
      if (auto read = read_long_line(options); !read) return tl::unexpected(read.error());
    }
    chunk.bytes = bytes.substr(0, consumed_bytes_);
    chunk.next_offset = read_offset_ - filled_bytes_ + consumed_bytes_;
    is_done_ = is_end_ && consumed_bytes_ == filled_bytes_;
    if (decoder_ == nullptr) leave_lines_of_next_piece(chunk.offset);
    chunk.lines = lines_;
    if (!lines_.empty()) return chunk;
  }
  return std::nullopt;
}

void PieceReader::leave_lines_of_next_piece(uint64_t chunk_offset) {
  const uint64_t limit = piece_.end - std::min(piece_.end, chunk_offset);
  const auto behind = std::ranges::find_if(
      lines_, [limit](const parsers::Line& line) { return line.begin >= limit; });
  if (behind != lines_.end() || consumed_bytes_ >= limit) is_done_ = true;
  lines_.erase(behind, lines_.end());
}

// The line at the beginning of the buffer, which is longer than it. What was read behind its end
// takes the place of what is cut off.
base::Expected<void> PieceReader::read_long_line(const parsers::SplitOptions& options) {
  parsers::LongLine line;
  std::vector<char> behind(kReadBytes);
  std::string_view bytes(buffer_.data(), filled_bytes_);
  while (!line.scan(bytes, is_end_)) {
    const auto count = read(behind);
    if (!count) return tl::unexpected(count.error());
    is_end_ = *count < behind.size();
    bytes = {behind.data(), *count};
  }
  lines_.assign(1, line.cut({buffer_.data(), filled_bytes_}, options));
  consumed_bytes_ = lines_[0].next;
  bytes.remove_prefix(std::min(bytes.find('\n'), bytes.size() - 1) + 1);
  std::ranges::copy(bytes, buffer_.begin() + static_cast<ptrdiff_t>(consumed_bytes_));
  filled_bytes_ = consumed_bytes_ + bytes.size();
  return {};
}

}  // namespace sawlog::agent
