#include "agent/tail/evidence.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <array>

#include <xxhash.h>

#include "agent/tail/decoder.h"

namespace sawlog::agent {

namespace {

constexpr size_t kMagicBytesMax = 6;
constexpr size_t kSkipBytes = 64u << 10;

uint64_t hash(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string_view magic_of(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return {"\x1F\x8B", 2};
    case Compression::kZstd:
      return {"\x28\xB5\x2F\xFD", 4};
    case Compression::kXz:
      return {"\xFD\x37\x7A\x58\x5A\x00", 6};
    case Compression::kNone:
      break;
  }
  return {};
}

// Up to size_bytes at the offset.
base::Expected<std::string> read_bytes(const Readable& readable, uint64_t offset,
                                       size_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  if (readable.compression == Compression::kNone) {
    auto count = readable.file->read_at(offset, bytes);
    if (!count) return tl::unexpected(count.error());
    bytes.resize(*count);
    return bytes;
  }
  Decoder decoder(readable.file, readable.compression);
  std::string skipped(kSkipBytes, '\0');
  while (decoder.position() < offset && decoder.state() == Decoder::State::kReading) {
    const uint64_t want = std::min<uint64_t>(offset - decoder.position(), skipped.size());
    if (auto count = decoder.read(std::span(skipped).first(want)); !count) {
      return tl::unexpected(count.error());
    }
  }
  if (decoder.position() < offset) return std::string();
  auto count = decoder.read(bytes);
  if (!count) return tl::unexpected(count.error());
  bytes.resize(*count);
  return bytes;
}

}  // namespace

base::Expected<std::optional<Compression>> compression_of(base::File& file, Compression by_name) {
  const std::string_view magic = magic_of(by_name);
  std::array<char, kMagicBytesMax> bytes{};
  const auto count = file.read_at(0, std::span(bytes).first(magic.size()));
  if (!count) return tl::unexpected(count.error());
  const std::string_view begin(bytes.data(), *count);
  if (begin == magic) return by_name;
  if (magic.starts_with(begin)) return std::nullopt;
  return Compression::kNone;
}

base::Expected<std::string> read_prefix(const Readable& readable) {
  return read_bytes(readable, 0, kEvidenceBytesMax);
}

Evidence evidence_of(std::string_view prefix) {
  prefix = prefix.substr(0, kEvidenceBytesMax);
  return {hash(prefix), static_cast<uint32_t>(prefix.size())};
}

bool begins_like(std::string_view prefix, const Evidence& evidence) {
  return evidence.length_bytes > 0 && prefix.size() >= evidence.length_bytes &&
         hash(prefix.substr(0, evidence.length_bytes)) == evidence.hash;
}

Cursor make_cursor(std::string_view before, uint64_t offset) {
  const uint64_t size = std::min<uint64_t>({before.size(), offset, kCursorHashedBytesMax});
  before.remove_prefix(before.size() - size);
  return {offset, hash(before), static_cast<uint32_t>(size)};
}

base::Expected<Cursor> make_cursor(base::File& plain, uint64_t offset) {
  const uint64_t size = std::min<uint64_t>(offset, kCursorHashedBytesMax);
  std::array<char, kCursorHashedBytesMax> bytes{};
  const auto count = plain.read_at(offset - size, std::span(bytes).first(size));
  if (!count) return tl::unexpected(count.error());
  if (*count < size) {
    return base::unexpected(
        base::ErrorCode::kUnavailable,
        "cannot read up to offset " + std::to_string(offset) + ": the file has become shorter");
  }
  return make_cursor(std::string_view(bytes.data(), size), offset);
}

CursorCheck check_cursor(const Readable& readable, const Cursor& cursor) {
  if (cursor.offset == 0) return CursorCheck::kMatches;
  // At least one byte, so that a content that ends before the offset is noticed.
  const uint64_t size = std::max<uint64_t>(cursor.hashed_bytes, 1);
  const auto bytes = read_bytes(readable, cursor.offset - size, size);
  if (!bytes) return CursorCheck::kUnreadable;
  if (bytes->size() < size) return CursorCheck::kTooShort;
  if (cursor.hashed_bytes == 0) return CursorCheck::kMatches;
  return hash(*bytes) == cursor.hash_before ? CursorCheck::kMatches : CursorCheck::kDiffers;
}

}  // namespace sawlog::agent
