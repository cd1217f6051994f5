#include "parsers/key_table.h"

#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sawlog::parsers {

static_assert(std::endian::native == std::endian::little, "is_equal() masks the low bytes");

KeyTable::KeyTable() : slots_(256, nullptr) {}

// Where key is, or the free slot where it belongs.
size_t KeyTable::slot_of(std::string_view key) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = XXH3_64bits(key.data(), key.size()) & mask;
  while (slots_[slot] != nullptr && slots_[slot]->text != key) slot = (slot + 1) & mask;
  return slot;
}

KeyInfo* KeyTable::find(std::string_view key) const {
  return slots_[slot_of(key)];
}

KeyInfo* KeyTable::find_or_learn(std::string_view key) {
  KeyInfo* const known = find(key);
  if (known != nullptr || is_full() || key.size() > kKeyBytesMax) return known;
  return add(key);
}

KeyInfo* KeyTable::add(std::string_view key) {
  const size_t slot = slot_of(key);
  if (slots_[slot] != nullptr) return slots_[slot];
  std::string& text = texts_.emplace_back(key);
  text.append(kKeySlackBytes, '\0');
  KeyInfo& info = keys_.emplace_back();
  info.text = std::string_view(text).substr(0, key.size());
  slots_[slot] = &info;
  if (keys_.size() * 2 > slots_.size()) grow();
  return &info;
}

void KeyTable::grow() {
  slots_.assign(slots_.size() * 2, nullptr);
  for (KeyInfo& info : keys_) slots_[slot_of(info.text)] = &info;
}

KeyInfo* KeyTable::follow_otherwise(KeyInfo& previous, std::string_view key) {
  KeyInfo* found = previous.next_but_one;
  if (found == nullptr || !is_equal(found->text, key)) found = find_or_learn(key);
  if (found != nullptr) {
    previous.next_but_one = previous.next;
    previous.next = found;
  }
  return found;
}

}  // namespace sawlog::parsers
