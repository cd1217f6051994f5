// Where things stand in a record's raw bytes: what RecordReader saw and LineWriter needs for its
// edits. Positions are relative to Record::raw(). Belongs to the reader, like the Record.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "parsers/field_plan.h"
#include "parsers/record.h"

namespace sawlog::parsers {

class LineScript;

// A key at the top of the record that LineWriter may change, in the order of the line.
struct KeyPlace {
  const KeyInfo* key = nullptr;  // nullptr for a duplicate that is not interned
  uint32_t key_begin = 0;        // with the quotes
  uint32_t key_end = 0;
  uint32_t value_begin = 0;
  uint32_t value_end = 0;
  ValueKind kind = ValueKind::kAbsent;
  char first_element = 0;     // of an array: its first byte
  bool is_duplicate = false;  // the key stood in the line before
};

// Where the value in a slot stands.
struct ValuePlace {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint8_t rank = kAbsentRank;
  const KeyInfo* top_key = nullptr;  // its key, if that stands at the top of the record
};

struct RecordLayout {
  const FieldPlan* plan = nullptr;
  uint32_t object_begin = 0;  // of the {
  bool is_empty_object = false;
  LineScript* script = nullptr;    // of the line's shape, if it is of a known one
  bool is_time_canonical = false;  // the own time's text may stand in "@timestamp" as it is
  std::vector<KeyPlace> keys;
  std::span<const ValuePlace> values;      // by slot
  std::vector<uint64_t> other_key_hashes;  // of keys that are not interned, sorted
  std::span<const uint32_t> unpaired_surrogates;

  // Whether the record has this key at its top (under this very name).
  [[nodiscard]] bool has_key(std::string_view name) const;
  [[nodiscard]] bool has_key(const KeyInfo* key) const {
    return key != nullptr && key->line == plan->line;
  }
};

[[nodiscard]] uint64_t key_hash(std::string_view key);

}  // namespace sawlog::parsers
