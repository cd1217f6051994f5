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

}  // namespace

RecordId::RecordId(const base::FileId& file, uint64_t offset, std::string_view line) {
  const uint64_t hash = XXH3_64bits(line.data(), line.size());
  std::array<uint8_t, 16> place;
  for (size_t i = 0; i < 8; ++i) {
    place[i] = static_cast<uint8_t>(offset >> (56 - 8 * i));
    place[8 + i] = static_cast<uint8_t>(hash >> (56 - 8 * i));
  }
  char* out = encode(file.bytes.data(), file.bytes.size(), text_.data());
  encode(place.data(), place.size(), out);
}

}  // namespace sawlog::parsers
