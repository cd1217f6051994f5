// What a reader looks for in the records of one source, compiled from the wanted names, the alias
// table and the source's own names: each key that means something, and what it means.
//
// Values have slots: first those of the wanted names in their order, then those that the reader or
// LineWriter need for themselves. Several names may lead to one slot: the smallest rank wins.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/chunk.h"
#include "parsers/field_aliases.h"
#include "parsers/key_table.h"
#include "parsers/record_reader.h"

namespace sawlog::parsers {

using Slot = uint16_t;
constexpr Slot kNoSlot = UINT16_MAX;

// Ranks: 0 the source's own name, 1 the canonical name, 2… the aliases.
constexpr uint8_t kCanonicalRank = 1;
constexpr uint8_t kNullRankPenalty = 100;  // a null is worse than any value
constexpr uint8_t kAbsentRank = UINT8_MAX;

// A field that a key's value may be for.
struct Candidate {
  Slot slot = 0;
  uint8_t rank = 0;
  AliasUse use = AliasUse::kValue;
  bool is_scalar_only = false;
  bool is_duration = false;
  uint32_t unit_digits = 0;       // of a duration: it is in units of 10^unit_digits ns
  bool is_presence_only = false;  // only whether it is there matters
  bool is_plain_string = false;   // a string counts as it stands
  bool is_plain_number = false;   // so does a number
};

enum class KeyRole : uint8_t { kTime, kLevel, kMessage, kObjectName };

// What LineWriter does with a key at the top of a record.
struct ShippingKey {
  KeyRole role = KeyRole::kObjectName;
  bool is_canonical = false;    // the role's own key: @timestamp, log.level, message
  bool is_object_name = false;  // a scalar must not stay under this name
  std::string target;           // "error.message", with its quotes
  std::string moved;            // "labels.error", with its quotes: when the target exists
  const KeyInfo* target_key = nullptr;
  const KeyInfo* moved_key = nullptr;
};

// A field that is added to records that lack it.
struct Enrichment {
  enum class Kind : uint8_t { kHostName, kFilePath, kLabel };
  Kind kind = Kind::kLabel;
  Slot slot = kNoSlot;  // tells whether the record has it
  const KeyInfo* key = nullptr;
  std::string json;            // of a label: "env":"prod", with a comma behind it
  bool is_for_wrapped = true;  // false when a wrapped line has that key anyway
};

class FieldPlan {
 public:
  FieldPlan(const std::vector<std::string>& names, Purpose purpose, const SourceContext& source);
  FieldPlan(const FieldPlan&) = delete;
  FieldPlan& operator=(const FieldPlan&) = delete;

  // Whether the plan still is what would be compiled for this source now.
  [[nodiscard]] bool fits(const SourceContext& source) const;

  KeyTable keys;
  uint64_t line = 0;  // number of the line that is being read

  size_t slot_count = 0;
  Slot time = kNoSlot, level = kNoSlot, message = kNoSlot;
  Slot logger = kNoSlot, event_name = kNoSlot;  // only if log.logger is wanted
  uint8_t logger_rank_unless_event_name = kAbsentRank;
  // Only for shipping:
  [[nodiscard]] bool is_for_shipping() const { return trace_id != kNoSlot; }
  Slot trace_id = kNoSlot, span_id = kNoSlot;
  Slot elastic_trace_id = kNoSlot, elastic_span_id = kNoSlot;
  std::vector<Enrichment> enrichment;
  std::string labels_json;  // all labels, as they are added to a record that has none of them

 private:
  struct Name {
    std::vector<Candidate> candidates;
    bool is_prefix = false;
  };
  using Names = std::map<std::string, Name, std::less<>>;

  Slot slot_for(std::string_view field);
  void add_field(Names& names, Slot slot, std::string_view field);
  void add_presence(Names& names, Slot slot, std::string_view field);
  void intern(const Names& names);
  void plan_shipping(Names& names);
  void plan_enrichment(Names& names);
  void add_enrichment(Names& names, Enrichment::Kind kind, std::string_view name,
                      std::string_view value);
  void add_shipping_keys();
  void add_shipping_key(std::string_view name, KeyRole role, std::string_view target);

  const SourceContext source_;  // a copy: to see a change, and for its names
  std::deque<std::string> slot_names_;
  std::deque<std::vector<Candidate>> candidates_;
  std::deque<ShippingKey> shipping_keys_;
};

}  // namespace sawlog::parsers
