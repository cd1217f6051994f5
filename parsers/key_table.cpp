#include "parsers/key_table.h"

#include <algorithm>
#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sawlog::parsers {

static_assert(std::endian::native == std::endian::little, "is_at() masks the low bytes");

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
  std::string& text = texts_.emplace_back();
  text.append(1, '"').append(key).append(1, '"').append(kKeySlackBytes, '\0');
  KeyInfo& info = keys_.emplace_back();
  info.text = std::string_view(text).substr(1, key.size());
  info.quoted = std::string_view(text).substr(0, key.size() + 2);
  for (size_t i = 0; i < info.words.size(); ++i) {
    const size_t bytes =
        std::min<size_t>(8, info.quoted.size() - std::min(8 * i, info.quoted.size()));
    info.words[i] = load(text.data() + 8 * i);
    info.masks[i] = bytes == 8 ? UINT64_MAX : (uint64_t{1} << 8 * bytes) - 1;
  }
  slots_[slot] = &info;
  if (keys_.size() * 2 > slots_.size()) grow();
  return &info;
}

void KeyTable::grow() {
  slots_.assign(slots_.size() * 2, nullptr);
  for (KeyInfo& info : keys_) slots_[slot_of(info.text)] = &info;
}

KeyInfo* KeyTable::follow(KeyInfo& previous, std::string_view key) {
  KeyInfo* found = previous.next_but_one;
  if (found == nullptr || found->text != key) found = find_or_learn(key);
  if (found != nullptr && found != previous.next) {
    previous.next_but_one = previous.next;
    previous.next = found;
  }
  return found;
}

}  // namespace sawlog::parsers
