// The records of a consumer's journal: their payloads, and what each does to the state.
#pragma once

#include <cstdint>
#include <string>

#include "agent/checkpoint/consumer_checkpoint.h"
#include "agent/checkpoint/journal.h"

namespace sawlog::agent {

enum ConsumerRecordType : uint32_t {
  kFullStateRecord = 1,  // everything; what came before it counts no more
  kSaveRecord = 2,       // one ConsumerSave
  kTimeNoteRecord = 3,   // one TimeNote
  kPreparedRecord = 4,   // one ConsumerSave that counts if the next record of type 5 says so
  kConclusionRecord = 5,
};

[[nodiscard]] std::string encode_full_state(const ConsumerState& state);
[[nodiscard]] std::string encode_save(const ConsumerSave& save);
[[nodiscard]] std::string encode_conclusion(bool holds);
[[nodiscard]] std::string encode_time_note(const base::FileId& file, const TimeNote& note);

// kCorrupt for a payload of another shape (a checksum that is right, bytes that are not: a bug or
// another version); the state is then half changed.
[[nodiscard]] base::Expected<void> apply_consumer_record(const JournalRecord& record,
                                                         ConsumerState& state);

}  // namespace sawlog::agent
