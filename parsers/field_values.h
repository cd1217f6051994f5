// The values of one record, by the slots of its source's plan, and where they stand: what the walk
// over a line's tokens is for. Reused for every record; nothing is allocated once it is warm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/field_plan.h"
#include "parsers/json_walker.h"
#include "parsers/record.h"
#include "parsers/record_layout.h"
#include "parsers/timestamp.h"
#include "parsers/value_decoder.h"

namespace sawlog::parsers {

class FieldValues {
 public:
  // Starts over with the slots of a plan.
  void use_plan(const FieldPlan& plan);
  // Before each record; raw_bytes: its size.
  void clear(size_t raw_bytes);

  // A value under a key that means something. text: as in the line; begin: where, relative to the
  // record. It goes to the key's slots where it is better than what they have.
  void offer(const KeyInfo& key, const JsonToken& token, std::string_view text, uint32_t begin,
             const KeyInfo* top_key) {
    const Candidate* const end = key.candidates + key.candidate_count;
    for (const Candidate* candidate = key.candidates; candidate != end; ++candidate) {
      ValuePlace& place = places_[candidate->slot];
      if (candidate->rank >= place.rank) continue;
      if (token.kind != ValueKind::kString || token.has_escapes || !candidate->is_plain_string) {
        offer_otherwise(*candidate, token, text, begin, top_key);
        continue;
      }
      read_plain_value(token, text.substr(1, text.size() - 2), values_[candidate->slot]);
      put(candidate->slot, candidate->rank, begin, text, top_key);
    }
  }
  // For lines of the same shape: the slot's best value always has this rank and kind and stands
  // under this key. Then, for each line, one of the next four; text: of a string its content, which
  // has no escapes.
  void make_ready(Slot slot, uint8_t rank, ValueKind kind, const KeyInfo* top_key) {
    put(slot, rank, 0, {}, top_key);
    values_[slot].kind = kind;
  }
  void set_text(Slot slot, std::string_view text) { values_[slot].text = text; }
  void set_number(Slot slot, ValueKind kind, const JsonNumber& number, std::string_view text) {
    values_[slot].text = text;
    read_number(kind, number, text, values_[slot]);
  }
  void set_duration(Slot slot, uint32_t unit_digits, ValueKind kind, const JsonNumber& number,
                    std::string_view text) {
    values_[slot].text = text;
    read_duration(kind, number, text, unit_digits, values_[slot]);
  }
  // False if it is not what the field wants.
  [[nodiscard]] bool set_converted(const Candidate& candidate, const JsonToken& token,
                                   std::string_view text);
  // What was set last for the time is the only one that can be it: it is read when it is asked for.
  void leave_time_unread() { time_is_unread_ = true; }
  // The whole of a line that is not JSON as its message.
  void put_message(std::string_view line);
  void remove(Slot slot) { values_[slot] = Value{}; }

  [[nodiscard]] const Value& operator[](Slot slot) const { return values_[slot]; }
  [[nodiscard]] std::span<const Value> values() const { return values_; }
  [[nodiscard]] std::span<const ValuePlace> places() const { return places_; }

  [[nodiscard]] bool time_is_unread() const { return time_is_unread_; }
  void read_time();  // that is unread: before what follows
  [[nodiscard]] bool has_time() const { return has_time_; }
  [[nodiscard]] const Timestamp& time() const { return time_; }  // if it has one
  // There was a value for the time that cannot be read as one.
  [[nodiscard]] bool has_unreadable_time() const { return has_unreadable_time_; }
  // A value was refused for what it is: another one under its key may not be.
  [[nodiscard]] bool has_refused() const { return has_refused_; }

 private:
  void put(Slot slot, uint8_t rank, uint32_t begin, std::string_view text, const KeyInfo* top_key) {
    ValuePlace& place = places_[slot];
    if (place.rank == kAbsentRank) filled_[filled_count_++] = slot;
    place.begin = begin;
    place.end = begin + static_cast<uint32_t>(text.size());
    place.rank = rank;
    place.top_key = top_key;
  }
  void offer_otherwise(const Candidate& candidate, const JsonToken& token, std::string_view text,
                       uint32_t begin, const KeyInfo* top_key);
  [[nodiscard]] bool read_time(const Value& value, bool has_escapes);

  Slot time_slot_ = kNoSlot;
  Slot message_slot_ = kNoSlot;
  std::vector<Value> values_;
  std::vector<ValuePlace> places_;
  std::vector<Slot> filled_;  // the slots that have something: filled_count_ of them
  size_t filled_count_ = 0;
  TimestampParser timestamps_;
  Timestamp time_;
  bool time_is_unread_ = false;
  bool has_time_ = false;
  bool has_unreadable_time_ = false;
  bool has_refused_ = false;
  std::string unescaped_;                 // contents of strings with escapes; views go into it
  const char* unescaped_from_ = nullptr;  // the last of them, in the line
  std::string_view last_unescaped_;
};

}  // namespace sawlog::parsers
