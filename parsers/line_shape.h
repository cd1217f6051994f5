// The shape of a flat line: its keys in order and which of its values are wanted. A service writes
// few shapes, so a line is first taken for one of the last ones: token by token at the places where
// that shape has them. Nothing is assumed: every key, every separator and every value is compared
// or checked, and a line that differs in any way is read in the general way.
#pragma once

#include <cstdint>
#include <span>
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
  void forget() {
    keys_.clear();
    script_.forget();
  }

  // Whether the line at token, up to line_end, has this shape. Nothing in it may be escaped. If so,
  // its numbers are kept for take() and token is moved behind the line.
  [[nodiscard]] bool matches(const uint32_t*& token, size_t line_end, const JsonWalker& walker);
  // The values of the line that was matched last, whose { was *token. is_again: fields and keys
  // hold a line of this shape already. False, with fields half filled, if a value is not what its
  // field wants.
  [[nodiscard]] bool take(const uint32_t* token, const JsonWalker& walker, bool is_again,
                          FieldValues& fields, std::vector<KeyPlace>& keys) const;
  [[nodiscard]] LineScript& script() { return script_; }
  // Says for every key that this line has it.
  void stamp(uint64_t line) const {
    for (const Key& key : keys_) key.info->line = line;
  }

 private:
  struct Key {
    KeyInfo* info = nullptr;
    ValueKind kind = ValueKind::kAbsent;  // kInteger for both kinds of numbers
    char separator = ',';                 // behind the value: , or }
  };
  struct Taken {
    const Candidate* candidate = nullptr;
    uint8_t rank = 0;
    uint32_t key = 0;
  };
  [[nodiscard]] bool is_value(const Key& key, size_t index, const char* begin, const char* end);

  LineScript script_;
  std::vector<Key> keys_;
  std::vector<Taken> taken_;
  std::vector<uint32_t> noted_;    // keys that LineWriter may change
  std::vector<JsonToken> values_;  // by key: the kinds and numbers of the line matched last
};

}  // namespace sawlog::parsers
