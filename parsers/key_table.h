// The keys of one source's records, interned: a key is compared with the one that is most likely
// here, and looked up by its hash only when the guess was wrong.
//
// The guess is the key that last stood behind the same key, or the one before that: services have
// few shapes of lines. Also tells, without a table for each line, whether a line has a key (twice):
// every KeyInfo remembers the last line that had it.
//
// Limits: kKeysMax learned keys of kKeyBytesMax bytes; others are not interned.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sawlog::parsers {

struct Candidate;
struct ShippingKey;

struct KeyInfo {
  std::string_view text;  // kKeySlackBytes readable bytes follow it
  uint64_t line = 0;      // the last one that had this key
  KeyInfo* next = nullptr;
  KeyInfo* next_but_one = nullptr;
  // Filled by FieldPlan for the keys that mean something:
  const Candidate* candidates = nullptr;
  uint32_t candidate_count = 0;
  bool is_prefix = false;  // a name that we want goes on below it: http of http.route
  const ShippingKey* shipping = nullptr;
};

class KeyTable {
 public:
  static constexpr size_t kKeysMax = 8192;
  static constexpr size_t kKeyBytesMax = 128;
  static constexpr size_t kKeySlackBytes = 8;

  KeyTable();

  [[nodiscard]] KeyInfo* find(std::string_view key) const;
  [[nodiscard]] KeyInfo* add(std::string_view key);            // or the one that is there
  [[nodiscard]] KeyInfo* find_or_learn(std::string_view key);  // nullptr beyond the limits
  [[nodiscard]] bool is_full() const { return keys_.size() >= kKeysMax; }

  // The key that stands behind previous: guessed, else found or learned. key: eight readable bytes
  // must follow it.
  [[nodiscard]] KeyInfo* follow(KeyInfo& previous, std::string_view key) {
    KeyInfo* const guess = previous.next;
    if (guess != nullptr && is_equal(guess->text, key)) return guess;
    return follow_otherwise(previous, key);
  }
  // The guess for a line's first key hangs here.
  [[nodiscard]] KeyInfo& line_start() { return line_start_; }

 private:
  // Both are readable eight bytes beyond their end: no call, no loop for each byte.
  [[nodiscard]] static bool is_equal(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const char* left = a.data();
    const char* right = b.data();
    size_t rest = a.size();
    for (; rest > 8; rest -= 8, left += 8, right += 8)
      if (load(left) != load(right)) return false;
    const uint64_t difference = load(left) ^ load(right);
    return rest == 8 ? difference == 0 : (difference & ((uint64_t{1} << rest * 8) - 1)) == 0;
  }
  [[nodiscard]] static uint64_t load(const char* bytes) {
    uint64_t value;
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  }
  [[nodiscard]] KeyInfo* follow_otherwise(KeyInfo& previous, std::string_view key);
  [[nodiscard]] size_t slot_of(std::string_view key) const;
  void grow();

  std::deque<KeyInfo> keys_;
  std::deque<std::string> texts_;
  std::vector<KeyInfo*> slots_;  // open addressing; a power of two, at most half full
  KeyInfo line_start_;
};

}  // namespace sawlog::parsers
