#include "agent/log_view.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>

#include "agent/source_stage.h"
#include "lib/base/clock.h"
#include "lib/base/json_encode.h"
#include "parsers/line_splitter.h"
#include "parsers/record_joiner.h"
#include "parsers/record_reader.h"

namespace sawlog::agent {
namespace {

struct ShownLine {
  int64_t time_unix_ns = 0;
  std::string json;
};

// An uncompressed file that has a name now.
struct Candidate {
  std::shared_ptr<TailedFile> file;
  base::FileStat stat;
};

std::vector<Candidate> last_written(base::Filesystem& filesystem, const FileList& files) {
  std::vector<Candidate> found;
  for (const auto& file : files) {
    const auto content = file->content();
    if (file->state() != FileState::kReading) continue;
    if (content != nullptr && content->compression != Compression::kNone) continue;
    const auto stat = filesystem.stat(file->path());
    if (stat && stat->is_regular) found.push_back({file, *stat});
  }
  std::ranges::sort(found, [](const Candidate& left, const Candidate& right) {
    return left.stat.modified_unix_ns > right.stat.modified_unix_ns;
  });
  if (found.size() > LogView::kFilesMax) found.resize(LogView::kFilesMax);
  return found;
}

// "id:offset,…" by id.
std::map<std::string, uint64_t, std::less<>> parse_positions(std::string_view text) {
  std::map<std::string, uint64_t, std::less<>> positions;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const size_t colon = item.find(':');
    uint64_t offset = 0;
    if (colon == std::string_view::npos) continue;
    const auto parsed = std::from_chars(item.data() + colon + 1, item.data() + item.size(), offset);
    if (parsed.ec == std::errc()) positions.emplace(item.substr(0, colon), offset);
  }
  return positions;
}

void append_member(std::string& out, const char* name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  base::append_json_string(out, value);
}

// The records of pieces of files that the query is about.
class Search {
 public:
  explicit Search(const LogQuery& query) : query_(query) {}

  // bytes: of the file at the offset, without padding. Returns how many are whole lines.
  uint64_t add(const Candidate& candidate, uint64_t offset, std::string bytes, bool begins_inside);
  [[nodiscard]] std::vector<ShownLine> take();

 private:
  [[nodiscard]] bool is_wanted(const parsers::Record& record) const;
  void show(const parsers::Record& record, const std::string& path);
  [[nodiscard]] std::string_view text_of(const parsers::Record& record, const char* field) const {
    return record[reader_.field(field)].text;
  }

  const LogQuery& query_;
  SourceStage stage_{""};
  parsers::RecordReader reader_{{"message", "service.name", "trace_id"}, parsers::Purpose::kFields};
  std::vector<parsers::Line> lines_;
  std::vector<ShownLine> shown_;
};

uint64_t Search::add(const Candidate& candidate, uint64_t offset, std::string bytes,
                     bool begins_inside) {
  size_t first = 0;
  if (begins_inside) {
    const size_t end = bytes.find('\n');
    first = end == std::string::npos ? bytes.size() : end + 1;
  }
  const size_t size = bytes.size();
  bytes.append(parsers::kPaddingBytes, '\0');
  const TailedFile& file = *candidate.file;
  const auto line_bytes_max = static_cast<uint32_t>(file.line_bytes_max());
  parsers::Chunk chunk;
  chunk.source = file.source();
  chunk.file = file.id();
  chunk.path = file.path();
  chunk.offset = offset + first;
  chunk.bytes = std::string_view(bytes).substr(first, size - first);
  chunk.first_read_unix_ns = chunk.file_unix_ns = candidate.stat.modified_unix_ns;
  const auto split = parsers::split_lines(chunk.bytes,
                                          {.at_start_of_file = chunk.offset == 0,
                                           .line_bytes_max = line_bytes_max,
                                           .lines_max = SIZE_MAX},
                                          lines_);
  chunk.lines = lines_;
  chunk.next_offset = chunk.offset + split.consumed_bytes;
  parsers::RecordJoiner joiner(*chunk.source);  // holds what the chunk points to
  if (parsers::RecordJoiner::is_needed(*chunk.source)) {
    (void)joiner.join(chunk, line_bytes_max, true);
  }
  (void)stage_.apply(chunk);
  reader_.start(chunk);
  while (const parsers::Record* record = reader_.next()) {
    if (is_wanted(*record)) show(*record, file.path());
  }
  return first + split.consumed_bytes;
}

bool Search::is_wanted(const parsers::Record& record) const {
  if (record.level() < query_.level_min) return false;
  if (!query_.service.empty() && text_of(record, "service.name") != query_.service) return false;
  if (!query_.trace.empty() && text_of(record, "trace_id") != query_.trace) return false;
  return query_.text.empty() ||
         strcasestr(std::string(record.raw()).c_str(), query_.text.c_str()) != nullptr;
}

void Search::show(const parsers::Record& record, const std::string& path) {
  ShownLine line{record.time_unix_ns(), "{\"time\":"};
  base::append_integer(line.json, record.time_unix_ns() / base::kNsPerMs);
  append_member(line.json, "level", parsers::level_name(record.level()));
  append_member(line.json, "service", text_of(record, "service.name"));
  append_member(line.json, "message", text_of(record, "message"));
  append_member(line.json, "trace", text_of(record, "trace_id"));
  append_member(line.json, "file", path);
  append_member(line.json, "raw", record.raw().substr(0, LogView::kRawBytesMax));
  line.json += '}';
  shown_.push_back(std::move(line));
}

// The newest last.
std::vector<ShownLine> Search::take() {
  std::ranges::stable_sort(shown_, {}, &ShownLine::time_unix_ns);
  if (shown_.size() > query_.lines_max) {
    shown_.erase(shown_.begin(), shown_.end() - static_cast<ptrdiff_t>(query_.lines_max));
  }
  return std::move(shown_);
}

// What is read of a file.
struct Piece {
  uint64_t begin = 0;
  uint64_t size_bytes = 0;
  uint64_t skipped_bytes = 0;  // of what was written since the look before

  // position: of the look before, or nothing. A file that got shorter is a new one.
  Piece(uint64_t file_bytes, std::optional<uint64_t> position, uint64_t bytes_max) {
    if (position && *position <= file_bytes) begin = *position;
    if (file_bytes - begin > bytes_max) {
      if (position) skipped_bytes = file_bytes - bytes_max - begin;
      begin = file_bytes - bytes_max;
      begins_inside = true;
    }
    size_bytes = file_bytes - begin;
  }
  bool begins_inside = false;  // of a line
};

std::string read_piece(base::Filesystem& filesystem, const std::string& path, const Piece& piece) {
  std::string bytes(piece.size_bytes, '\0');
  const auto file = filesystem.open(path, base::OpenMode::kRead);
  if (!file) return {};
  const auto read = (*file)->read_at(piece.begin, bytes);
  bytes.resize(read ? *read : 0);
  return bytes;
}

}  // namespace

std::string LogView::json(const FileList& files, const LogQuery& query) const {
  const auto positions = parse_positions(query.after);
  const bool searches = query.after.empty() && !(query.trace.empty() && query.text.empty());
  uint64_t left_bytes = kSearchBytesMax;
  uint64_t skipped_bytes = 0;
  std::string next;
  Search search(query);
  for (const Candidate& candidate : last_written(filesystem_, files)) {
    const std::string id = candidate.file->id().hex();
    const auto known = positions.find(id);
    const Piece piece(candidate.stat.size_bytes,
                      known == positions.end() ? std::nullopt : std::optional(known->second),
                      std::min(searches ? kSearchBytes : kTailBytes, left_bytes));
    const std::string bytes = read_piece(filesystem_, candidate.file->path(), piece);
    left_bytes -= bytes.size();
    skipped_bytes += piece.skipped_bytes;
    const uint64_t lines_bytes = search.add(candidate, piece.begin, bytes, piece.begins_inside);
    if (!next.empty()) next += ',';
    next += id + ':' + std::to_string(piece.begin + lines_bytes);
  }
  std::string out = "{\"lines\":[";
  for (const ShownLine& line : search.take()) {
    if (out.back() != '[') out += ',';
    out += line.json;
  }
  out += "],\"next\":\"" + next + "\",\"skipped_bytes\":" + std::to_string(skipped_bytes);
  return out + "}\n";
}

}  // namespace sawlog::agent
