#include "agent/checkpoint/journal_format.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <optional>

#include <xxhash.h>

#include "agent/checkpoint/bytes.h"

namespace sawlog::agent {

namespace {

constexpr std::string_view kMagic = "SAWLOGJ\n";
constexpr uint32_t kMarker = 0x31524C53;  // "SLR1"
constexpr size_t kCheckedHeaderBytes = 24;

struct FoundRecord {
  JournalRecord record;
  uint64_t sequence = 0;
  uint64_t size_bytes = 0;
};

uint64_t checksum(std::string_view header, std::string_view payload) {
  const uint64_t seed = XXH3_64bits(header.data(), header.size());
  return XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
}

std::optional<FoundRecord> record_at(std::string_view bytes) {
  if (bytes.size() < kJournalRecordHeaderBytes) return std::nullopt;
  ByteReader reader(bytes);
  if (reader.number<uint32_t>() != kMarker) return std::nullopt;
  FoundRecord found;
  found.record.type = reader.number<uint32_t>();
  found.sequence = reader.number<uint64_t>();
  const auto payload_size = reader.number<uint64_t>();
  const auto want = reader.number<uint64_t>();
  if (payload_size > bytes.size() - kJournalRecordHeaderBytes) return std::nullopt;
  const std::string_view payload = bytes.substr(kJournalRecordHeaderBytes, payload_size);
  if (checksum(bytes.substr(0, kCheckedHeaderBytes), payload) != want) return std::nullopt;
  found.record.payload = payload;
  found.size_bytes = kJournalRecordHeaderBytes + payload_size;
  return found;
}

// The whole records, written later than `sequence`, that begin anywhere in the bytes.
std::vector<JournalRecord> later_records(std::string_view bytes, uint64_t sequence) {
  std::vector<JournalRecord> records;
  ByteWriter marker;
  marker.number(kMarker);
  size_t at = bytes.find(marker.bytes());
  while (at != std::string_view::npos) {
    auto found = record_at(bytes.substr(at));
    const bool is_later = found && found->sequence > sequence;
    const size_t next = is_later ? at + found->size_bytes : at + 1;
    if (is_later) {
      sequence = found->sequence;
      records.push_back(std::move(found->record));
    }
    at = bytes.find(marker.bytes(), next);
  }
  return records;
}

enum class HeaderFinding : uint8_t { kGood, kTorn, kWrong, kForeign };

HeaderFinding check_header(std::string_view bytes, JournalKind kind, uint32_t& version) {
  const std::string want = encode_journal_header(kind);
  if (bytes.size() < kJournalHeaderBytes) {
    return bytes == std::string_view(want).substr(0, bytes.size()) ? HeaderFinding::kTorn
                                                                   : HeaderFinding::kWrong;
  }
  if (bytes.substr(0, kJournalHeaderBytes) == want) return HeaderFinding::kGood;
  ByteReader reader(bytes.substr(kMagic.size(), sizeof(uint32_t)));
  version = reader.number<uint32_t>();
  return version != kJournalVersion &&
                 bytes.substr(0, kJournalHeaderBytes) == encode_journal_header(kind, version)
             ? HeaderFinding::kForeign
             : HeaderFinding::kWrong;
}

}  // namespace

std::string encode_journal_header(JournalKind kind, uint32_t version) {
  ByteWriter writer;
  for (const char c : kMagic) writer.number(c);
  writer.number(version);
  writer.number(static_cast<uint32_t>(kind));
  writer.number<uint64_t>(0);
  writer.number<uint64_t>(XXH3_64bits(writer.bytes().data(), writer.bytes().size()));
  return writer.take();
}

void append_journal_record(std::string& bytes, uint32_t type, uint64_t sequence,
                           std::string_view payload) {
  ByteWriter writer;
  writer.number(kMarker);
  writer.number(type);
  writer.number(sequence);
  writer.number<uint64_t>(payload.size());
  writer.number(checksum(writer.bytes(), payload));
  bytes += writer.bytes();
  bytes += payload;
}

ParsedJournal parse_journal(std::string_view bytes, JournalKind kind) {
  ParsedJournal parsed;
  switch (check_header(bytes, kind, parsed.version)) {
    case HeaderFinding::kGood:
      break;
    case HeaderFinding::kTorn:
      parsed.health = JournalHealth::kTorn;
      return parsed;
    case HeaderFinding::kWrong:
      parsed.health = JournalHealth::kDamaged;
      parsed.later_records = later_records(bytes, 0);
      return parsed;
    case HeaderFinding::kForeign:
      parsed.health = JournalHealth::kForeign;
      return parsed;
  }
  parsed.good_bytes = kJournalHeaderBytes;
  while (parsed.good_bytes < bytes.size()) {
    const std::string_view rest = bytes.substr(parsed.good_bytes);
    auto found = record_at(rest);
    const uint64_t sequence = parsed.records.size();
    if (!found || found->sequence != sequence + 1) {
      parsed.later_records = later_records(rest, sequence);
      parsed.health = parsed.later_records.empty() ? JournalHealth::kTorn : JournalHealth::kDamaged;
      return parsed;
    }
    parsed.records.push_back(std::move(found->record));
    parsed.good_bytes += found->size_bytes;
  }
  return parsed;
}

}  // namespace sawlog::agent
