// What records of one place in the code have in common: their keys, of which none is twice. It is
// found out once, and then only compared: no hashing, no escaping, no sorting for a record.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include <sawlog/raw_field.h>

namespace sawlog {

// Where a call is, as one number: equal ones are the same place.
[[nodiscard]] uint64_t place_id(const std::source_location& where);

class LineShape {
 public:
  // Of the fields in the order of the record, if their keys are literals and each is there once;
  // else the shape stays empty.
  void learn(std::span<const detail::RawField> fields);
  [[nodiscard]] bool matches(std::span<const detail::RawField> fields) const;
  [[nodiscard]] bool is_empty() const { return slots_.empty(); }

  // The fields' indexes in the order of the line.
  [[nodiscard]] const std::vector<uint16_t>& order() const { return order_; }
  // ,"key": of a field. Returns the new end; may write kPrefixSlackBytes behind it.
  char* write_prefix(char* out, size_t index) const;
  static constexpr size_t kPrefixSlackBytes = 16;
  [[nodiscard]] size_t prefix_bytes() const { return prefixes_.size(); }
  // The index of event.name; -1 without one.
  [[nodiscard]] int event_name() const { return event_name_; }

 private:
  struct Slot {
    const char* key;
    uint32_t key_traits;
    uint32_t prefix_begin;  // in prefixes_
    uint32_t prefix_size;
  };

  static uint32_t key_traits(const detail::RawField& field) {
    return static_cast<uint32_t>(field.traits) & 0xFFFFFF;
  }

  std::vector<Slot> slots_;
  std::vector<uint16_t> order_;
  std::string prefixes_;  // with kPrefixSlackBytes at its end
  int event_name_ = -1;
};

// The shapes seen last, by place and number of fields. A place whose fields differ each time is
// given up.
class LineShapes {
 public:
  // The shape that these fields have; null if none is known or they have none.
  [[nodiscard]] const LineShape* find(uint64_t place, std::span<const detail::RawField> fields);
  // Literals may go when a shared library is unloaded, and others come to their addresses.
  void forget() { entries_ = {}; }

 private:
  static constexpr size_t kEntries = 256;
  static constexpr int kLessonsMax = 16;  // of an entry

  struct Entry {
    LineShape shape;
    int lessons = 0;
  };
  std::array<Entry, kEntries> entries_;
};

}  // namespace sawlog
