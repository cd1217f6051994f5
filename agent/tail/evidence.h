// What content proves about itself: how it begins, and what stands before an offset.
//
// Everything here works on decompressed bytes; of compressed content, what lies at an offset has to
// be decoded from the beginning.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/checkpoint/identity_store.h"
#include "agent/tail/tailed_file.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"

namespace sawlog::agent {

constexpr size_t kEvidenceBytesMax = 1024;
constexpr uint32_t kCursorHashedBytesMax = 256;

// A file as it can be read: what the functions below look at.
struct Readable {
  std::shared_ptr<base::File> file;
  Compression compression = Compression::kNone;
};

// What the bytes are, whatever the name promises; nothing while there are too few to tell.
[[nodiscard]] base::Expected<std::optional<Compression>> compression_of(base::File& file,
                                                                        Compression by_name);

// The first bytes, up to kEvidenceBytesMax.
[[nodiscard]] base::Expected<std::string> read_prefix(const Readable& readable);
[[nodiscard]] Evidence evidence_of(std::string_view prefix);
// Empty evidence proves nothing: false.
[[nodiscard]] bool begins_like(std::string_view prefix, const Evidence& evidence);

// The cursor at `offset`; `before` are bytes that end there, as many as are at hand (the last
// kCursorHashedBytesMax count).
[[nodiscard]] Cursor make_cursor(std::string_view before, uint64_t offset);
// The same for plain content.
[[nodiscard]] base::Expected<Cursor> make_cursor(base::File& plain, uint64_t offset);

enum class CursorCheck : uint8_t {
  kMatches,     // the bytes before the offset are those that the cursor was made from
  kDiffers,     // other bytes: another content
  kTooShort,    // the content ends before the offset
  kUnreadable,  // no answer now
};
[[nodiscard]] CursorCheck check_cursor(const Readable& readable, const Cursor& cursor);

}  // namespace sawlog::agent
