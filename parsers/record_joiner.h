// Physical lines → records: a container's envelopes are taken off and its parts joined, and lines
// that go on a record (trace_reader.h) are joined with it.
//
//   lines of a window ──▶ join() ──▶ records, and how many bytes of the window they are
//
// Invariants:
//   * Nothing is remembered between two calls: what a record is depends on the bytes from its
//     beginning on, never on how they were read. So a record may cross any border of reads and
//     renames, and a cursor stands only where no record is open.
//   * Only the last record of a window (with containers: of each stream) can be open. It is held
//     back, with all that overlaps it, and read again; unless ends_here: then what is there is the
//     record. ends_here is said at the final end of a file, at a noted border, and when the caller
//     has waited long enough; in this last case it durably notes the end of the chunk before the
//     record leaves, so that it is the same record after a crash.
//   * A record takes no more than kRecordLinesMax lines and line_bytes_max bytes of the window; the
//     line after that begins the next one.
//   * Every line is in exactly one record. Records are in the order of their first lines.
// A cut line stands alone. Views in the chunk hold until the next call. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/chunk.h"
#include "parsers/container_line.h"
#include "parsers/trace_reader.h"

namespace re2 {
class RE2;
}

namespace sawlog::parsers {

class RecordJoiner {
 public:
  static constexpr size_t kRecordLinesMax = 1024;

  explicit RecordJoiner(const SourceContext& source);
  ~RecordJoiner();
  RecordJoiner(const RecordJoiner&) = delete;
  RecordJoiner& operator=(const RecordJoiner&) = delete;

  // Whether lines of this source may ever have to be joined or unwrapped.
  [[nodiscard]] static bool is_needed(const SourceContext& source) {
    return source.multiline != Multiline::kNone || unwraps(source);
  }
  // chunk: bytes and their lines; afterwards its records. Returns the bytes that these are, from
  // the beginning of the window; 0 if none is complete.
  [[nodiscard]] size_t join(Chunk& chunk, uint32_t line_bytes_max, bool ends_here);
  // Whether a record of the last window was open where the window ended.
  [[nodiscard]] bool was_open() const { return was_open_; }

 private:
  // A line without its envelope.
  struct Content {
    std::string_view text;
    uint32_t line = 0;        // index in the window
    uint32_t next_part = 0;   // index of the record's next content; 0: none
    bool begins_line = true;  // false: it goes on the content before it
  };
  struct OpenRecord {
    bool is_open = false;
    bool is_part_open = false;  // a part of a line: the rest must come
    size_t record = 0;
    TraceReader trace;
  };
  struct Record {
    uint32_t first_line = 0;
    uint32_t last_line = 0;
    uint32_t line_count = 0;
    uint32_t first_content = 0;
    uint32_t last_content = 0;
    bool is_complete = false;
    std::string_view time, stream;
  };

  [[nodiscard]] static bool unwraps(const SourceContext& source) {
    return source.format == LineFormat::kAuto || source.format == LineFormat::kCri;
  }
  void look(Chunk& chunk) const;
  [[nodiscard]] bool continues(TraceReader& trace, std::string_view text);
  void begin(TraceReader& trace, std::string_view text);

  [[nodiscard]] size_t join_neighbours(Chunk& chunk, uint32_t line_bytes_max, bool ends_here);

  [[nodiscard]] size_t join_streams(Chunk& chunk, uint32_t line_bytes_max, bool ends_here);
  void add_line(const Chunk& chunk, uint32_t index, uint32_t line_bytes_max);
  [[nodiscard]] bool takes(OpenRecord& open, const Chunk& chunk, uint32_t index,
                           std::string_view text, uint32_t line_bytes_max);
  [[nodiscard]] uint32_t first_held_line(const Chunk& chunk) const;
  void write_records(Chunk& chunk, uint32_t line_count);

  const Multiline multiline_;
  const bool unwraps_;
  std::unique_ptr<const re2::RE2> start_;  // of Multiline::kStart
  bool was_open_ = false;
  TraceReader trace_;
  std::vector<Line> lines_;  // what is put out
  std::vector<LineOrigin> origins_;

  std::string unescaped_;
  std::vector<Content> contents_;  // [0] is none
  std::vector<Record> records_;
  std::array<OpenRecord, 3> open_;  // of stdout, stderr, and lines without an envelope
  std::string bytes_;
};

}  // namespace sawlog::parsers
