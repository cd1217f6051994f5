// The keys of one source's records, interned: a key is compared with the one that is most likely
// here, and looked up by its hash only when the guess was wrong.
//
// The guess is the key that last stood behind the same key, or the one before that: services have
// few shapes of lines. Also tells, without a table for each line, whether a line has a key (twice):
// every KeyInfo remembers the last line that had it.
//
// Limits: kKeysMax learned keys of kKeyBytesMax bytes; others are not interned.
#pragma once

#include <array>
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
  std::string_view text;
  std::string_view quoted;  // as in a line: with its quotes; kKeySlackBytes readable bytes follow
  std::array<uint64_t, 2> words{};  // the first bytes of quoted, and which of their bits count
  std::array<uint64_t, 2> masks{};
  uint64_t line = 0;  // the last one that had this key
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
  static constexpr size_t kKeySlackBytes = 16;

  KeyTable();

  [[nodiscard]] KeyInfo* find(std::string_view key) const;
  [[nodiscard]] KeyInfo* add(std::string_view key);            // or the one that is there
  [[nodiscard]] KeyInfo* find_or_learn(std::string_view key);  // nullptr beyond the limits
  [[nodiscard]] bool is_full() const { return keys_.size() >= kKeysMax; }

  // Whether the text at quote, quoted_bytes long, is this key with its quotes. kKeySlackBytes must
  // be readable behind it. No call and no loop for the usual key.
  [[nodiscard]] static bool is_at(const KeyInfo& key, const char* quote, size_t quoted_bytes) {
    if (key.quoted.size() != quoted_bytes) return false;
    const uint64_t difference = ((load(quote) ^ key.words[0]) & key.masks[0]) |
                                ((load(quote + 8) ^ key.words[1]) & key.masks[1]);
    if (difference != 0) return false;
    return quoted_bytes <= 16 || std::memcmp(quote, key.quoted.data(), quoted_bytes) == 0;
  }
  // The key that stands behind previous, which was not the first guess (previous.next): the second
  // guess, else found or learned. nullptr if the table cannot hold it.
  [[nodiscard]] KeyInfo* follow(KeyInfo& previous, std::string_view key);
  // The guess for a line's first key hangs here.
  [[nodiscard]] KeyInfo& line_start() { return line_start_; }

 private:
  [[nodiscard]] static uint64_t load(const char* bytes) {
    uint64_t value;
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  }
  [[nodiscard]] size_t slot_of(std::string_view key) const;
  void grow();

  std::deque<KeyInfo> keys_;
  std::deque<std::string> texts_;
  std::vector<KeyInfo*> slots_;  // open addressing; a power of two, at most half full
  KeyInfo line_start_;
};

}  // namespace sawlog::parsers
