// One line as a handler sees it: the raw bytes, and views of the fields that somebody asked for.
//
// A Record belongs to its RecordReader and ends with the reader's next() or start().
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "parsers/chunk.h"

namespace sawlog::parsers {

enum class ValueKind : uint8_t {
  kAbsent,
  kNull,
  kBool,
  kInteger,
  kDouble,
  kString,
  kObject,
  kArray
};

// A field's value. text: of a string its unescaped content, of anything else the JSON as written
// (so that a label may be taken from a number as the service wrote it). Of a value that is present,
// kPaddingBytes are readable behind it.
struct Value {
  ValueKind kind = ValueKind::kAbsent;
  std::string_view text;
  double number = 0;    // of kInteger, kDouble, kBool; infinite when it is beyond a double
  int64_t integer = 0;  // of kInteger (saturated) and kBool
  [[nodiscard]] bool is_present() const {
    return kind != ValueKind::kAbsent && kind != ValueKind::kNull;
  }
  [[nodiscard]] bool is_number() const {
    return kind == ValueKind::kInteger || kind == ValueKind::kDouble;
  }
  // What a number is, or a string that is wholly one: "duration_ms":"12.5". Else NaN.
  [[nodiscard]] double as_number() const { return is_number() ? number : number_in_text(); }
  [[nodiscard]] bool has_number() const { return is_number() || !std::isnan(number_in_text()); }

 private:
  [[nodiscard]] double number_in_text() const;
};

enum class Level : uint8_t { kUnknown, kTrace, kDebug, kInfo, kWarn, kError, kFatal };

// "trace" … "fatal"; "" for kUnknown.
[[nodiscard]] std::string_view level_name(Level level);
// Words in any case (warning, err, critical, panic, …) and numbers (syslog 0-7, pino and bunyan
// 10-60, OpenTelemetry is not guessed: its 1-24 overlaps syslog).
[[nodiscard]] Level level_of(const Value& value);

enum class Shape : uint8_t {
  kJson,    // a JSON object
  kText,    // valid UTF-8, not a JSON object: shipped as {"message": …}
  kBinary,  // neither: shipped with U+FFFD for what is not UTF-8, and counted
};

// Index of a field in the reader's list of names.
using FieldIndex = uint16_t;

class Record {
 public:
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] Shape shape() const { return shape_; }
  [[nodiscard]] const Line& line() const { return *line_; }
  // Values by the index that RecordReader::field() gave; absent if the line does not have the
  // field.
  [[nodiscard]] const Value& operator[](FieldIndex index) const { return values_[index]; }
  // The record's own time, ns since 1970 UTC; empty if it has none that can be read.
  [[nodiscard]] std::optional<int64_t> own_time_unix_ns() const {
    if (time_is_unread_) read_time();
    return own_time_;
  }
  // The same, else the chunk's first_read_unix_ns.
  [[nodiscard]] int64_t time_unix_ns() const { return own_time_unix_ns().value_or(chunk_time_); }
  // There is a field for the time, but nothing in it that can be read as one. To be counted.
  [[nodiscard]] bool time_is_unreadable() const {
    if (time_is_unread_) read_time();
    return time_is_unreadable_;
  }
  [[nodiscard]] Level level() const { return level_of(values_[level_index_]); }

 private:
  // Time and level are read when they are asked for: who counts seldom does.
  void read_time() const;

  friend class RecordReader;
  friend class LineWriter;
  std::string_view raw_;
  Shape shape_ = Shape::kText;
  FieldIndex level_index_ = 0;
  mutable bool time_is_unread_ = false;
  mutable bool time_is_unreadable_ = false;
  mutable std::optional<int64_t> own_time_;
  int64_t chunk_time_ = 0;
  const Line* line_ = nullptr;
  std::span<const Value> values_;
  class FieldValues* fields_ = nullptr;          // of the reader
  const struct RecordLayout* layout_ = nullptr;  // where things stand, for LineWriter
};

}  // namespace sawlog::parsers
