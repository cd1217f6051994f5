#include "lib/src/line_shape.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "lib/base/json_encode.h"

namespace sawlog {

using detail::RawField;
using detail::Role;

namespace {

std::string_view key_of(const RawField& field) {
  return {field.key, field.key_size()};
}

bool each_key_is_a_literal_of_its_own(std::span<const RawField> fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].is_key_copied()) return false;
    for (size_t k = 0; k < i; ++k) {
      if (key_of(fields[i]) == key_of(fields[k])) return false;
    }
  }
  return true;
}

// Keys with a place of their own in the line come first, in the order of their roles.
int rank_of(const RawField& field) {
  const Role role = field.role();
  constexpr int kBehindAllRoles = static_cast<int>(Role::kReserved);
  return role == Role::kNone || role == Role::kReserved ? kBehindAllRoles : static_cast<int>(role);
}

}  // namespace

uint64_t place_id(const std::source_location& where) {
  static_assert(sizeof(where) == sizeof(const void*), "a pointer to what is known of the place");
  uint64_t id = 0;
  std::memcpy(&id, static_cast<const void*>(&where), sizeof(where));
  return id;
}

void LineShape::learn(std::span<const RawField> fields) {
  constexpr size_t kFieldsMax = 64;
  slots_.clear();
  order_.clear();
  prefixes_.clear();
  event_name_ = -1;
  if (fields.size() > kFieldsMax || !each_key_is_a_literal_of_its_own(fields)) return;
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto begin = static_cast<uint32_t>(prefixes_.size());
    prefixes_.append(",\"").append(key_of(fields[i])).append("\":");
    slots_.push_back({fields[i].key, key_traits(fields[i]), begin,
                      static_cast<uint32_t>(prefixes_.size()) - begin});
    order_.push_back(static_cast<uint16_t>(i));
    if (fields[i].role() == Role::kEventName) event_name_ = static_cast<int>(i);
  }
  prefixes_.append(kPrefixSlackBytes, ' ');
  std::sort(order_.begin(), order_.end(), [fields](size_t a, size_t b) {
    return std::pair(rank_of(fields[a]), a) < std::pair(rank_of(fields[b]), b);
  });
}

bool LineShape::matches(std::span<const RawField> fields) const {
  if (fields.size() != slots_.size()) return false;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].key != slots_[i].key || key_traits(fields[i]) != slots_[i].key_traits) {
      return false;
    }
  }
  return true;
}

char* LineShape::write_prefix(char* out, size_t index) const {
  const Slot& slot = slots_[index];
  const char* const prefix = prefixes_.data() + slot.prefix_begin;
  for (size_t i = 0; i < slot.prefix_size; i += kPrefixSlackBytes) {
    std::memcpy(out + i, prefix + i, kPrefixSlackBytes);
  }
  return out + slot.prefix_size;
}

const LineShape* LineShapes::find(uint64_t place, std::span<const RawField> fields) {
  Entry& entry = entries_[(place / alignof(void*) + fields.size()) % kEntries];
  if (entry.shape.matches(fields)) return fields.empty() ? nullptr : &entry.shape;
  if (entry.lessons >= kLessonsMax) return nullptr;
  ++entry.lessons;
  entry.shape.learn(fields);
  return entry.shape.is_empty() ? nullptr : &entry.shape;
}

}  // namespace sawlog
