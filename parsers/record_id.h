// The name that a record keeps for ever: the same bytes at the same place of the same file have the
// same id before and after a crash, in every output. Elasticsearch's _id, Kafka's header
// log.record.uid, Loki's metadata log_record_uid. A 409 on create therefore means: the same record.
//
// 38 characters, base64url without padding: 16 of FileId, then 22 of {offset, hash}, both
// big-endian. Ids of one file share their first characters and rise with the offset, which
// Elasticsearch's _id index compresses well.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/file_id.h"
#include "parsers/chunk.h"
#include "parsers/record.h"

namespace sawlog::parsers {

class RecordId {
 public:
  static constexpr size_t kSizeBytes = 38;
  // line: the raw bytes as read, without the line end; hashed with XXH3 (64 bits).
  RecordId(const base::FileId& file, uint64_t offset, std::string_view line);
  // Of a record of the chunk; what the chunk knows of its raw bytes comes before them.
  [[nodiscard]] static RecordId of(const Chunk& chunk, const Record& record);

  // What an id says; empty if the text is none.
  struct Parts {
    base::FileId file;
    uint64_t offset = 0;
    uint64_t hash = 0;
  };
  [[nodiscard]] static std::optional<Parts> parse(std::string_view text);

  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  RecordId(const base::FileId& file, uint64_t offset, uint64_t hash);
  std::array<char, kSizeBytes> text_;
};

}  // namespace sawlog::parsers
