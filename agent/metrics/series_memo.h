// Remembers to which series label values led, so that the usual line needs no key and no search:
// one place is looked at, and the values are compared, word by word, with the series' own key. What
// is not remembered is looked for in the metric; two that share a place push each other out.
//
// Values may have any size; only those of up to kValueBytesMax are remembered. Their texts must be
// kSlackBytes longer than they say: words are read where only some bytes count. Single-threaded.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "agent/metrics/label_key.h"

namespace sawlog::agent {

class SeriesMemo {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kValueBytesMax = 32;
  static constexpr size_t kSlackBytes = kValueBytesMax;

  // Starts over with the label values of a record. wide values have more than 16 bytes often.
  void clear() {
    hash_ = 0;
    count_ = 0;
    is_short_ = true;
  }
  void append(std::string_view value, bool is_wide) {
    is_short_ = is_short_ && value.size() <= kValueBytesMax;
    if (!is_short_) return;
    const Words words(value);
    uint64_t hash =
        mixed(words[0] ^ 0x9e3779b97f4a7c15, words[1] ^ value.size() ^ 0x589965cc75374cc3);
    is_wide = is_wide || value.size() > 16;
    if (is_wide) hash ^= mixed(words[2] ^ 0xa0761d6478bd642f, words[3] ^ 0xe7037ed1a0b428db);
    hash_ = (hash_ ^ hash) * 0xd6e8feb86659fd93;
    values_[count_++] = {value, is_wide};
  }
  // kNone if it is not known which series has these values.
  [[nodiscard]] uint32_t find() const {
    if (!is_short_ || places_.empty()) return kNone;
    const Place& place = places_[place_of()];
    const bool is_it = place.tag == tag() && place.key != nullptr && has_values(place.key);
    return is_it ? place.series : kNone;
  }
  // The values lead to this series, whose key this is (label_key.h). The key stays where it is,
  // with kSlackBytes behind it. series_count: all that there are.
  void note(uint32_t series, std::string_view key, size_t series_count);

  [[nodiscard]] size_t memory_bytes() const { return places_.capacity() * sizeof(Place); }

 private:
  struct Place {
    const char* key = nullptr;
    uint32_t tag = 0;
    uint32_t series = kNone;
  };
  // A value's bytes as words, the rest zero.
  class Words {
   public:
    explicit Words(std::string_view value) : text_(value.data()), masks_(kMasks[value.size()]) {}
    uint64_t operator[](size_t index) const {
      uint64_t word;
      std::memcpy(&word, text_ + 8 * index, sizeof(word));
      return word & masks_[index];
    }

   private:
    using Masks = std::array<uint64_t, kValueBytesMax / 8>;
    static constexpr std::array<Masks, kValueBytesMax + 1> make_masks() {
      std::array<Masks, kValueBytesMax + 1> masks{};
      for (size_t size = 0; size < masks.size(); ++size)
        for (size_t i = 0; i < size; ++i) masks[size][i / 8] |= uint64_t{0xff} << 8 * (i % 8);
      return masks;
    }
    static const std::array<Masks, kValueBytesMax + 1> kMasks;
    const char* text_;
    const Masks& masks_;
  };
  struct Value {
    std::string_view text;
    bool is_wide = false;
  };

  [[nodiscard]] static uint64_t mixed(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a} * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  [[nodiscard]] size_t place_of() const { return hash_ >> 32 & (places_.size() - 1); }
  [[nodiscard]] uint32_t tag() const { return static_cast<uint32_t>(hash_); }
  [[nodiscard]] bool has_values(const char* key) const {
    uint64_t difference = 0;
    for (size_t i = 0; i < count_; ++i) {
      const auto& [text, is_wide] = values_[i];
      uint16_t size;
      std::memcpy(&size, key, sizeof(size));
      key += sizeof(size);
      if (size != text.size()) return false;
      const Words mine(text);
      const Words theirs({key, size});
      difference |= (mine[0] ^ theirs[0]) | (mine[1] ^ theirs[1]);
      if (is_wide) difference |= (mine[2] ^ theirs[2]) | (mine[3] ^ theirs[3]);
      key += size;
    }
    return difference == 0;
  }

  std::vector<Place> places_;  // a power of two
  uint64_t hash_ = 0;
  size_t count_ = 0;
  bool is_short_ = true;
  std::array<Value, kLabelCountMax> values_{};
};

inline constexpr std::array<SeriesMemo::Words::Masks, SeriesMemo::kValueBytesMax + 1>
    SeriesMemo::Words::kMasks = make_masks();

}  // namespace sawlog::agent
