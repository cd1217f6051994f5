// Decides what changes in a record before it is shipped (parsers/line_writer.h has the rules):
// which bytes are replaced by what, and what is inserted behind the opening brace.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json_encode.h"
#include "parsers/record.h"
#include "parsers/record_layout.h"

namespace sawlog::parsers {

// RFC 3339 in quotes, with µs, or with ns where the time has them. writer: keeps the last second.
constexpr size_t kQuotedTimeBytesMax = base::kRfc3339Bytes + 5;
char* write_quoted_time(char* out, base::Rfc3339Writer& writer, int64_t unix_ns);
void append_quoted_time(std::string& out, int64_t unix_ns);

// What the text of the level's value becomes: its word in quotes, or "" if it stays. scratch: where
// a text may go that has to be made.
[[nodiscard]] std::string_view shipped_level(const Record& record, std::string_view value,
                                             std::string& scratch);

// Whether Elasticsearch's key for the id in this slot is to be added: not beside a parent ("trace")
// that may be no object.
[[nodiscard]] bool wants_trace_key(const Record& record, const RecordLayout& layout, Slot id,
                                   Slot elastic, std::string_view parent);

// [begin, end) of the raw bytes becomes text.
struct Edit {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string_view text;
};

// For one record at a time; views end with the next one.
class LineEdits {
 public:
  static constexpr size_t kDuplicatesMax = 16;

  // Both start over. record has shape kJson.
  void make_canonical(const Record& record, const RecordLayout& layout, bool elastic_trace_keys);
  void leave_as_is(const Record& record, const RecordLayout& layout);

  [[nodiscard]] std::span<const Edit> edits() const { return edits_; }  // by begin, not overlapping
  [[nodiscard]] std::string_view inserted() const { return inserted_; }  // with a comma behind each
  // Whether an edit gave the record this key.
  [[nodiscard]] bool provides(const KeyInfo* key) const;
  // Too many repeated keys to find names for them.
  [[nodiscard]] bool is_hopeless() const { return duplicate_count_ > kDuplicatesMax; }

 private:
  void start(const Record& record, const RecordLayout& layout);
  void edit_key(const KeyPlace& place);
  void edit_time_key(const KeyPlace& place);
  void edit_level_key(const KeyPlace& place);
  void edit_message_key(const KeyPlace& place);
  void edit_object_name(const KeyPlace& place);
  void edit_level_value(uint32_t begin, uint32_t end);
  void insert_what_is_nested();
  void insert_trace_key(Slot value, Slot elastic, std::string_view name, std::string_view parent);
  void rename(const KeyPlace& place);
  void move_to_labels(const KeyPlace& place);
  [[nodiscard]] std::string_view free_name(const KeyPlace& place);
  void replace(uint32_t begin, uint32_t end, std::string_view text);
  void fix_unpaired_surrogates();
  void sort();

  [[nodiscard]] const ValuePlace& winner(Slot slot) const { return layout_->values[slot]; }
  [[nodiscard]] bool is_winner(const KeyPlace& place, Slot slot) const {
    return winner(slot).top_key == place.key && winner(slot).rank < kNullRankPenalty;
  }
  [[nodiscard]] bool has_winner(Slot slot) const { return winner(slot).rank < kNullRankPenalty; }
  [[nodiscard]] bool is_level_usable() const;

  const Record* record_ = nullptr;
  const RecordLayout* layout_ = nullptr;
  const FieldPlan* plan_ = nullptr;
  std::vector<Edit> edits_;
  std::string inserted_;
  std::string time_text_;
  std::string level_text_;
  std::vector<const KeyInfo*> provided_;
  std::deque<std::string> names_;  // made for this record, in quotes
  size_t duplicate_count_ = 0;
};

}  // namespace sawlog::parsers
