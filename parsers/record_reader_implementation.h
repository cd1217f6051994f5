// The inside of RecordReader: reads the lines of a chunk in blocks, each line as one of the last
// shapes (line_shape.h) or in the general way.
//
//   record_reader.cpp   lines and blocks, shapes, what a record is in the end
//   record_walk.cpp     the general way: every key and value of an object
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "parsers/field_plan.h"
#include "parsers/field_values.h"
#include "parsers/json_index.h"
#include "parsers/json_walker.h"
#include "parsers/line_shape.h"
#include "parsers/record_layout.h"
#include "parsers/record_reader.h"

namespace sawlog::parsers {

class RecordReader::Implementation {
 public:
  Implementation(std::vector<std::string> names, Purpose purpose)
      : names_(std::move(names)), purpose_(purpose) {}

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  void start(const Chunk& chunk);
  [[nodiscard]] const Record* next();

 private:
  // The names of nested objects below which something is wanted are not longer.
  static constexpr size_t kPathDepthMax = 8;

  static constexpr size_t kBlockBytesMax = 128u << 10;  // text and index stay in the caches
  static constexpr size_t kShapesMax = 4;
  static constexpr size_t kMissesToLearn = 8;  // so that many shapes are not learned all the time

  struct SourceState {
    const SourceContext* source = nullptr;
    std::unique_ptr<FieldPlan> plan;
    std::array<LineShape, kShapesMax> shapes;
    size_t shape = 0;  // the last that matched
    size_t misses = 0;
  };

  void use_plan(const SourceContext& source);
  void start_block();
  void start_over();
  [[nodiscard]] bool read_json(const Line& line);
  [[nodiscard]] const uint32_t* first_token(const Line& line, size_t& line_end);
  [[nodiscard]] bool read_like_before(const uint32_t*& token, size_t line_end);
  void fill_by(LineShape& shape);
  void learn_shape(const uint32_t* begin, const uint32_t* end);
  [[nodiscard]] bool read_object(const uint32_t*& begin, size_t line_end);
  // A key with its colon at token[0] and token[1]: the guess, if it is right.
  [[nodiscard]] bool read_top_key(const uint32_t* token, KeyInfo*& previous, JsonToken& key,
                                  KeyInfo*& info) {
    KeyInfo* const guess = previous->next;
    const uint32_t quoted_bytes = token[1] - token[0];
    if (guess != nullptr && KeyTable::is_at(*guess, walker_.from(token[0]), quoted_bytes) &&
        walker_.at(token + 1) == ':' && !walker_.line_has_escapes()) [[likely]] {
      key.begin = token[0] + 1;
      key.end = token[1] - 1;
      key.has_escapes = false;
      info = previous = guess;
      return true;
    }
    return read_other_top_key(token, previous, key, info);
  }
  [[nodiscard]] bool read_other_top_key(const uint32_t* token, KeyInfo*& previous, JsonToken& key,
                                        KeyInfo*& info);
  [[nodiscard]] bool read_value(const uint32_t*& token, const KeyInfo* key, size_t line_end,
                                size_t depth, JsonToken& value) {
    const char first = walker_.at(token);
    if (first == '{' || first == '[') return read_container(token, key, line_end, depth, value);
    return walker_.read_scalar(token, value);
  }
  [[nodiscard]] bool read_container(const uint32_t*& token, const KeyInfo* key, size_t line_end,
                                    size_t depth, JsonToken& value);
  [[nodiscard]] bool read_nested(const uint32_t*& token, size_t line_end, size_t depth);
  // A key at the top of the record with its value. The first of equal keys counts.
  void note_key(const JsonToken& key, KeyInfo* info, const JsonToken& value) {
    if (info == nullptr) return note_other_key(key, value);
    const bool is_duplicate = info->line == plan_->line;
    info->line = plan_->line;
    if (info->candidate_count > 0 && !is_duplicate) offer(*info, value, info);
    if (is_shipping_ && (is_duplicate || info->shipping != nullptr))
      layout_.keys.push_back(place_of(key, info, value, is_duplicate));
    is_regular_ = is_regular_ && !is_duplicate;
  }
  void note_other_key(const JsonToken& key, const JsonToken& value);
  [[nodiscard]] KeyPlace place_of(const JsonToken& key, const KeyInfo* info, const JsonToken& value,
                                  bool is_duplicate) const;
  void offer(const KeyInfo& key, const JsonToken& value, const KeyInfo* top_key) {
    fields_.offer(key, value, walker_.text(value.begin, value.end), in_line(value.begin), top_key);
  }
  [[nodiscard]] uint32_t in_line(size_t position) const {
    return static_cast<uint32_t>(position - line_begin_);
  }
  void finish_json();
  void finish_text();
  void find_other_duplicates();

  const std::vector<std::string> names_;
  const Purpose purpose_;
  const bool is_shipping_ = purpose_ == Purpose::kShipping;
  std::deque<SourceState> sources_;
  SourceState* state_ = nullptr;
  FieldPlan* plan_ = nullptr;

  const Chunk* chunk_ = nullptr;
  size_t line_index_ = 0;
  JsonIndex index_;
  size_t block_end_ = 0;             // the first line that is not in the block
  uint32_t block_begin_ = 0;         // in the chunk
  bool is_block_indexed_ = false;    // else every line for itself
  const uint32_t* token_ = nullptr;  // of an indexed block: nothing before it is needed again
  JsonWalker walker_;

  Record record_;
  RecordLayout layout_;
  FieldValues fields_;
  std::string key_text_;  // of a key with escapes
  std::string path_;      // of the nested object that is being read: "http.request"
  struct OtherKey {       // one that the table does not hold
    uint64_t hash;
    KeyPlace place;
  };
  std::vector<OtherKey> other_keys_;
  uint32_t line_begin_ = 0;         // relative to the walker's base
  bool is_regular_ = false;         // flat, and no key is repeated: may be learned as a shape
  LineShape* filled_by_ = nullptr;  // the shape whose line fields_ and layout_ hold
};

}  // namespace sawlog::parsers
