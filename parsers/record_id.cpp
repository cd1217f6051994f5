#include "parsers/record_id.h"

#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sawlog::parsers {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Three bytes at a time to four characters; what is left over is padded with zero bits.
char* encode(const uint8_t* bytes, size_t count, char* out) {
  size_t i = 0;
  for (; i + 3 <= count; i += 3) {
    const uint32_t group = static_cast<uint32_t>(bytes[i]) << 16 |
                           static_cast<uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    *out++ = kAlphabet[group >> 18];
    *out++ = kAlphabet[group >> 12 & 63];
    *out++ = kAlphabet[group >> 6 & 63];
    *out++ = kAlphabet[group & 63];
  }
  if (i < count) {
    *out++ = kAlphabet[bytes[i] >> 2];
    *out++ = kAlphabet[(bytes[i] & 3) << 4];
  }
  return out;
}

// The opposite; out has room for all of them. False if some character is none of the alphabet.
bool decode(std::string_view text, uint8_t* out) {
  uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char character : text) {
    const size_t digit = kAlphabet.find(character);
    if (digit == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    *out++ = static_cast<uint8_t>(bits >> bit_count);
  }
  return true;
}

uint64_t big_endian(const uint8_t* bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace

RecordId::RecordId(const base::FileId& file, uint64_t offset, std::string_view line)
    : RecordId(file, offset, XXH3_64bits(line.data(), line.size())) {}

RecordId::RecordId(const base::FileId& file, uint64_t offset, uint64_t hash) {
  std::array<uint8_t, 16> place;
  for (size_t i = 0; i < 8; ++i) {
    place[i] = static_cast<uint8_t>(offset >> (56 - 8 * i));
    place[8 + i] = static_cast<uint8_t>(hash >> (56 - 8 * i));
  }
  char* out = encode(file.bytes.data(), file.bytes.size(), text_.data());
  encode(place.data(), place.size(), out);
}

RecordId RecordId::of(const Chunk& chunk, const Record& record) {
  const uint64_t offset = chunk.offset_of(record.line());
  if (chunk.raw_hash) return {chunk.file, offset, *chunk.raw_hash};
  return {chunk.file, offset, chunk.raw_text(record.line())};
}

std::optional<RecordId::Parts> RecordId::parse(std::string_view text) {
  constexpr size_t kFileDigits = 16;
  Parts parts;
  std::array<uint8_t, 16> place{};
  if (text.size() != kSizeBytes) return std::nullopt;
  if (!decode(text.substr(0, kFileDigits), parts.file.bytes.data())) return std::nullopt;
  if (!decode(text.substr(kFileDigits), place.data())) return std::nullopt;
  parts.offset = big_endian(place.data());
  parts.hash = big_endian(place.data() + 8);
  return parts;
}

}  // namespace sawlog::parsers
