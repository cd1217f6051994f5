#include "outputs/loki_request.h"

#include <algorithm>

#include <snappy-sinksource.h>
#include <snappy.h>

namespace sawlog::outputs {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

// Field numbers of the messages above with wire type 2 (a length follows) or 0 (a varint).
constexpr char kStreamTag = 0x0a;
constexpr char kLabelsTag = 0x0a;
constexpr char kEntryTag = 0x12;
constexpr char kTimestampTag = 0x0a;
constexpr char kSecondsTag = 0x08;
constexpr char kNanosTag = 0x10;
constexpr char kLineTag = 0x12;
constexpr char kMetadataTag = 0x1a;
constexpr char kNameTag = 0x0a;
constexpr char kValueTag = 0x12;

size_t varint_size(uint64_t value) {
  size_t size = 1;
  for (; value > 127; value >>= 7) ++size;
  return size;
}

void append_varint(uint64_t value, std::string& out) {
  for (; value > 127; value >>= 7) out.push_back(static_cast<char>((value & 127) | 128));
  out.push_back(static_cast<char>(value));
}

size_t field_size(size_t content_bytes) {
  return 1 + varint_size(content_bytes) + content_bytes;
}

void append_field(char tag, std::string_view content, std::string& out) {
  out.push_back(tag);
  append_varint(content.size(), out);
  out.append(content);
}

struct Timestamp {
  uint64_t seconds;
  uint64_t nanos;
  [[nodiscard]] size_t size() const { return 2 + varint_size(seconds) + varint_size(nanos); }
};

// Negative seconds are ten bytes of two's complement, nanos count forward from them.
Timestamp timestamp_of(int64_t time_unix_ns) {
  int64_t seconds = time_unix_ns / kNsPerSecond;
  int64_t nanos = time_unix_ns % kNsPerSecond;
  if (nanos < 0) {
    nanos += kNsPerSecond;
    --seconds;
  }
  return {static_cast<uint64_t>(seconds), static_cast<uint64_t>(nanos)};
}

size_t metadata_size(const LokiMetadata& metadata) {
  return field_size(metadata.first.size()) + field_size(metadata.second.size());
}

// The request's bytes piece by piece, so that only snappy's own block of 64 KiB is in memory twice.
class RequestSource final : public snappy::Source {
 public:
  explicit RequestSource(const Batch& batch) : batch_(batch) {
    sort_lines_by_stream();
    for (size_t group = 0; group < batch_.groups().size(); ++group) {
      if (entries_bytes_[group] == 0) continue;
      available_ += field_size(field_size(batch_.groups()[group].size()) + entries_bytes_[group]);
    }
  }

  [[nodiscard]] size_t Available() const override { return available_; }
  const char* Peek(size_t* size) override {
    if (piece_.empty()) next_piece();
    *size = piece_.size();
    return piece_.data();
  }
  void Skip(size_t count) override {
    available_ -= count;
    piece_.remove_prefix(count);
  }

 private:
  void sort_lines_by_stream() {
    const size_t group_count = batch_.groups().size();
    entries_bytes_.assign(group_count, 0);
    std::vector<uint32_t> place(group_count + 1, 0);
    for (uint32_t line = 0; line < batch_.line_count(); ++line) {
      const uint32_t group = batch_.line(line).group;
      entries_bytes_[group] += batch_.frame(line).size();
      ++place[group + 1];
    }
    for (size_t group = 0; group < group_count; ++group) place[group + 1] += place[group];
    lines_.resize(batch_.line_count());
    for (uint32_t line = 0; line < batch_.line_count(); ++line) {
      lines_[place[batch_.line(line).group]++] = line;
    }
  }

  // The header of the next stream, or the next run of its frames that stand back to back.
  void next_piece() {
    if (next_ == lines_.size()) return;
    const uint32_t group = batch_.line(lines_[next_]).group;
    if (group != header_of_) {
      header_of_ = group;
      make_header(group);
      piece_ = header_;
      return;
    }
    const std::string_view first = batch_.frame(lines_[next_]);
    size_t size = first.size();
    for (++next_; next_ < lines_.size() && lines_[next_] == lines_[next_ - 1] + 1 &&
                  batch_.line(lines_[next_]).group == group;
         ++next_) {
      size += batch_.frame(lines_[next_]).size();
    }
    piece_ = {first.data(), size};
  }

  void make_header(uint32_t group) {
    const std::string& labels = batch_.groups()[group];
    header_.clear();
    header_.push_back(kStreamTag);
    append_varint(field_size(labels.size()) + entries_bytes_[group], header_);
    append_field(kLabelsTag, labels, header_);
  }

  const Batch& batch_;
  std::vector<uint32_t> lines_;        // by stream, in order within each
  std::vector<size_t> entries_bytes_;  // of each stream
  size_t available_ = 0;
  size_t next_ = 0;  // in lines_
  uint32_t header_of_ = UINT32_MAX;
  std::string header_;
  std::string_view piece_;
};

class StringSink final : public snappy::Sink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  void Append(const char* bytes, size_t count) override { out_.append(bytes, count); }

 private:
  std::string& out_;
};

}  // namespace

void append_loki_entry(int64_t time_unix_ns, std::string_view line,
                       std::span<const LokiMetadata> metadata, std::string& out,
                       FramedLine& framed) {
  const size_t begin = out.size();
  const Timestamp time = timestamp_of(time_unix_ns);
  size_t entry_bytes = field_size(time.size()) + field_size(line.size());
  for (const LokiMetadata& pair : metadata) entry_bytes += field_size(metadata_size(pair));
  out.push_back(kEntryTag);
  append_varint(entry_bytes, out);

  out.push_back(kTimestampTag);
  append_varint(time.size(), out);
  out.push_back(kSecondsTag);
  append_varint(time.seconds, out);
  out.push_back(kNanosTag);
  append_varint(time.nanos, out);

  append_field(kLineTag, line, out);
  framed.payload_begin = static_cast<uint32_t>(out.size() - line.size() - begin);
  framed.payload_size = static_cast<uint32_t>(line.size());

  for (const LokiMetadata& pair : metadata) {
    out.push_back(kMetadataTag);
    append_varint(metadata_size(pair), out);
    append_field(kNameTag, pair.first, out);
    append_field(kValueTag, pair.second, out);
    if (framed.record_id_begin == 0) {
      framed.record_id_begin = static_cast<uint32_t>(out.size() - pair.second.size() - begin);
    }
  }
}

void append_loki_request(const Batch& batch, std::string& out) {
  RequestSource source(batch);
  StringSink sink(out);
  snappy::Compress(&source, &sink);
}

}  // namespace sawlog::outputs
