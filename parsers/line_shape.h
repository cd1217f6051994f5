// The shape of a flat line: its keys in order and which of its values are wanted. A service writes
// few shapes, so a line is first taken for one of the last ones: what stands between its values is
// compared as it is, byte for byte. Nothing is assumed: every byte between values is compared,
// every value checked, and a line that differs in any way is read in the general way.
//
// Between two values stand a comma, a key, a colon, maybe white space, and the next string's quote.
// Where the comma is known to be a token (JsonIndex), the bytes behind it alone say which tokens
// follow: so only every fourth token is looked at.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "parsers/field_plan.h"
#include "parsers/field_values.h"
#include "parsers/json_walker.h"
#include "parsers/line_script.h"
#include "parsers/record_layout.h"

namespace sawlog::parsers {

class LineShape {
 public:
  static constexpr size_t kKeysMax = 64;

  // Learns a line that was read in the general way: all its values are scalars, nothing in it is
  // escaped or repeated, and what fields holds depends on the keys and the kinds of values alone.
  // tokens: of the line, from its { to its }.
  void learn(std::span<const uint32_t> tokens, const JsonWalker& walker, const FieldPlan& plan,
             const FieldValues& fields);
  void forget();

  // Whether the line at token, up to line_end, has this shape. Nothing in it may be escaped.
  [[nodiscard]] bool matches(const uint32_t* token, size_t line_end,
                             const JsonWalker& walker) const;
  // Makes fields and keys, which are empty, ready for lines of this shape.
  void prepare(FieldValues& fields, std::vector<KeyPlace>& keys) const;
  // The same as matches(), and the line's values go where prepare() made room for them; token is
  // moved behind the line. False, with fields half filled, also if a value is not what its field
  // wants.
  [[nodiscard]] bool read(const uint32_t*& token, size_t line_end, const JsonWalker& walker,
                          FieldValues& fields, std::vector<KeyPlace>& keys) const;
  [[nodiscard]] LineScript& script() { return script_; }
  // Says for every key that this line has it.
  void stamp(uint64_t line) const {
    for (KeyInfo* const info : infos_) info->line = line;
  }

 private:
  // How a value comes into its slot.
  enum class How : uint8_t {
    kPlain,      // as it stands; a number is one of units
    kTime,       // the same; the only one that can be the time is read when it is asked for
    kConverted,  // if it is what the field wants
  };
  struct Taken {
    const Candidate* candidate = nullptr;
    Slot slot = kNoSlot;
    How how = How::kConverted;
    uint8_t rank = 0;
    uint32_t unit_digits = 0;
    bool is_duration = false;
  };
  // What stands before a value, with the opening quote of a string, and what is to be done with it.
  struct Key {
    std::array<uint64_t, 2> words{};  // its first bytes, and which of their bits count
    std::array<uint64_t, 2> masks{};
    std::string_view rest;  // behind those words: in texts_
    uint32_t size_bytes = 0;
    ValueKind kind = ValueKind::kAbsent;  // kInteger for both kinds of numbers
    bool is_noted = false;                // LineWriter may change it
    Slot text_slot = kNoSlot;             // where the text of a string goes, and nothing else does
    std::span<const Taken> taken;         // in taken_

    // kPaddingBytes must be readable there.
    [[nodiscard]] bool is_at(const char* place) const {
      const uint64_t difference =
          ((load(place) ^ words[0]) & masks[0]) | ((load(place + 8) ^ words[1]) & masks[1]);
      if (difference != 0) return false;
      return rest.empty() || std::memcmp(place + sizeof(words), rest.data(), rest.size()) == 0;
    }
    [[nodiscard]] static uint64_t load(const char* place) {
      uint64_t word;
      std::memcpy(&word, place, sizeof(word));
      return word;
    }
  };
  template <bool kTakes>
  [[nodiscard]] bool walk(const uint32_t*& token, size_t line_end, const JsonWalker& walker,
                          FieldValues* fields, KeyPlace* places) const;
  [[nodiscard]] static bool take(const Key& key, ValueKind kind, const JsonNumber& number,
                                 std::string_view text, FieldValues& fields);
  [[nodiscard]] Key make_key(std::string_view before, ValueKind kind);
  void learn_taken(size_t index, bool has_one_time, const FieldPlan& plan,
                   const FieldValues& fields);

  LineScript script_;
  std::vector<Key> keys_;
  std::vector<KeyInfo*> infos_;  // by key
  std::deque<std::string> texts_;
  std::vector<Taken> taken_;
};

}  // namespace sawlog::parsers
