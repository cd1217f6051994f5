// The bytes of a journal: encoding and parsing, without a file. docs/state.md describes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/checkpoint/journal.h"

namespace sawlog::agent {

constexpr uint32_t kJournalVersion = 2;
constexpr size_t kJournalHeaderBytes = 32;
constexpr size_t kJournalRecordHeaderBytes = 32;

[[nodiscard]] std::string encode_journal_header(JournalKind kind,
                                                uint32_t version = kJournalVersion);
void append_journal_record(std::string& bytes, uint32_t type, uint64_t sequence,
                           std::string_view payload);

enum class JournalHealth : uint8_t {
  kWhole,
  kTorn,     // the last record is not whole
  kDamaged,  // bytes before the end are not what was written
  kForeign,  // written by another version
};

struct ParsedJournal {
  JournalHealth health = JournalHealth::kWhole;
  uint32_t version = kJournalVersion;
  std::vector<JournalRecord> records;        // those before the tear or damage
  std::vector<JournalRecord> later_records;  // whole ones behind damage
  uint64_t good_bytes = 0;                   // where the last of them ends; 0: not even the header
};

[[nodiscard]] ParsedJournal parse_journal(std::string_view bytes, JournalKind kind);

}  // namespace sawlog::agent
