#include "outputs/loki_request.h"

#include <algorithm>

#include <snappy-sinksource.h>
#include <snappy.h>

#include "lib/base/check.h"

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

// Header, then frames, so that the request is in memory only once and snappy's block.
class TwoPieces final : public snappy::Source {
 public:
  TwoPieces(std::string_view first, std::string_view second) : first_(first), second_(second) {}

  [[nodiscard]] size_t Available() const override { return first_.size() + second_.size(); }
  const char* Peek(size_t* size) override {
    const std::string_view piece = first_.empty() ? second_ : first_;
    *size = piece.size();
    return piece.data();
  }
  void Skip(size_t count) override {
    const size_t of_first = std::min(count, first_.size());
    first_.remove_prefix(of_first);
    second_.remove_prefix(count - of_first);
  }

 private:
  std::string_view first_;
  std::string_view second_;
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
  CHECK(batch.groups().size() == 1);
  const std::string& labels = batch.groups().front();
  std::string header(1, kStreamTag);
  append_varint(field_size(labels.size()) + batch.bytes().size(), header);
  append_field(kLabelsTag, labels, header);
  TwoPieces source(header, batch.bytes());
  StringSink sink(out);
  snappy::Compress(&source, &sink);
}

}  // namespace sawlog::outputs
