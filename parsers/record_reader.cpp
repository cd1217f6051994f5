#include "parsers/record_reader.h"

#include <algorithm>
#include <array>
#include <deque>

#include "lib/base/check.h"
#include "parsers/field_plan.h"
#include "parsers/field_values.h"
#include "parsers/json_index.h"
#include "parsers/json_walker.h"
#include "parsers/line_shape.h"
#include "parsers/record_layout.h"

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

void RecordReader::Implementation::start(const Chunk& chunk) {
  CHECK(chunk.source != nullptr);
  chunk_ = &chunk;
  line_index_ = 0;
  use_plan(*chunk.source);
  block_end_ = 0;
}

// Indexes the next lines together, few enough for the caches.
void RecordReader::Implementation::start_block() {
  const auto lines = chunk_->lines.subspan(line_index_);
  const uint32_t begin = lines.front().begin;
  const auto behind = std::partition_point(lines.begin() + 1, lines.end(), [&](const Line& line) {
    return line.next - begin <= kBlockBytesMax;
  });
  block_end_ = line_index_ + static_cast<size_t>(behind - lines.begin());
  block_begin_ = begin;
  const std::string_view bytes = chunk_->bytes.substr(begin, behind[-1].next - begin);
  is_block_indexed_ = index_.build(bytes);
  if (!is_block_indexed_) return;
  token_ = index_.positions().data();
  walker_.start(bytes.data(), index_.positions(), bytes.size());
}

// Sources are few and their addresses stay; a full table of keys starts over.
void RecordReader::Implementation::use_plan(const SourceContext& source) {
  const auto known = std::find_if(sources_.begin(), sources_.end(), [&](const SourceState& state) {
    return state.source == &source;
  });
  SourceState& state = known != sources_.end() ? *known : sources_.emplace_back();
  const bool is_good =
      state.plan != nullptr && !state.plan->keys.is_full() && state.plan->fits(source);
  if (is_good && state_ == &state) return;
  if (!is_good) {
    state.source = &source;
    for (LineShape& shape : state.shapes) shape.forget();
    state.plan = std::make_unique<FieldPlan>(names_, purpose_, source);
  }
  state_ = &state;
  plan_ = state.plan.get();
  filled_by_ = nullptr;
  fields_.use_plan(*plan_);
  record_.values_ = fields_.values();
  layout_.values = fields_.places();
  layout_.plan = plan_;
}

const Record* RecordReader::Implementation::next() {
  if (line_index_ == chunk_->lines.size()) return nullptr;
  if (line_index_ == block_end_) start_block();
  const Line& line = chunk_->lines[line_index_++];
  plan_->line++;
  record_.raw_ = chunk_->text(line);
  record_.line_ = &line;
  record_.layout_ = &layout_;
  if (!line.is_cut() && read_json(line)) {
    finish_json();
  } else {
    finish_text();
  }
  return &record_;
}

void RecordReader::Implementation::start_over() {
  layout_.script = nullptr;
  filled_by_ = nullptr;
  is_regular_ = true;
  fields_.clear(record_.raw_.size());
  layout_.keys.clear();
  layout_.other_key_hashes.clear();
  other_keys_.clear();
  walker_.unpaired_surrogates().clear();
}

bool RecordReader::Implementation::read_json(const Line& line) {
  size_t line_end = 0;
  const uint32_t* token = first_token(line, line_end);
  if (token == nullptr || !walker_.has(token, 2) || *token >= line_end) return false;
  walker_.start_line(line_begin_, line_end);
  if (read_like_before(token, line_end)) {
    token_ = token;
    return true;
  }
  start_over();
  const uint32_t* const begin = token;
  if (!read_object(token, line_end)) return false;
  token_ = token;
  learn_shape(begin, token);
  return true;
}

// nullptr if the line has none.
const uint32_t* RecordReader::Implementation::first_token(const Line& line, size_t& line_end) {
  if (is_block_indexed_) {
    line_begin_ = line.begin - block_begin_;
    line_end = line_begin_ + line.size_bytes;
    const auto positions = index_.positions();
    const uint32_t* const end = positions.data() + positions.size();
    while (token_ != end && *token_ < line_begin_) ++token_;
    return token_;
  }
  if (!index_.build(record_.raw_)) return nullptr;
  line_begin_ = 0;
  line_end = line.size_bytes;
  walker_.start(record_.raw_.data(), index_.positions(), line.size_bytes);
  return index_.positions().data();
}

bool RecordReader::Implementation::read_like_before(const uint32_t*& token, size_t line_end) {
  if (*token != line_begin_ || walker_.line_has_escapes()) return false;
  for (size_t i = 0; i < kShapesMax; ++i) {
    const size_t index = (state_->shape + i) % kShapesMax;
    LineShape& shape = state_->shapes[index];
    const uint32_t* const begin = token;
    if (!shape.matches(token, line_end, walker_)) continue;
    const bool is_again = filled_by_ == &shape;
    if (!is_again) start_over();
    if (!shape.take(begin, walker_, is_again, fields_, layout_.keys)) {
      token = begin;
      return false;
    }
    if (is_shipping_) shape.stamp(plan_->line);
    layout_.object_begin = 0;
    layout_.is_empty_object = false;
    layout_.script = &shape.script();
    filled_by_ = &shape;
    state_->shape = index;
    return true;
  }
  return false;
}

void RecordReader::Implementation::learn_shape(const uint32_t* begin, const uint32_t* end) {
  if (state_->misses++ % kMissesToLearn != 0) return;
  const bool is_fit = is_regular_ && other_keys_.empty() && *begin == line_begin_ &&
                      !walker_.line_has_escapes() && !fields_.has_refused() &&
                      !fields_.has_unreadable_time();
  if (!is_fit) return;
  state_->shape = (state_->shape + 1) % kShapesMax;
  state_->shapes[state_->shape].learn({begin, end}, walker_, *plan_, fields_);
}

bool RecordReader::Implementation::read_object(const uint32_t*& begin, size_t line_end) {
  const uint32_t* token = begin;
  if (walker_.at(token) != '{') return false;
  layout_.object_begin = *token - line_begin_;
  const auto is_white_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  const std::string_view before = record_.raw_.substr(0, layout_.object_begin);
  // Garbage behind a byte order mark is no token of its own.
  if (!std::all_of(before.begin(), before.end(), is_white_space)) return false;
  ++token;
  KeyInfo* previous = &plan_->keys.line_start();
  layout_.is_empty_object = walker_.at(token) == '}';
  while (!layout_.is_empty_object) {
    JsonToken key;
    JsonToken value;
    KeyInfo* info = nullptr;
    if (!walker_.has(token, 3) || !read_top_key(token, previous, key, info)) return false;
    token += 2;
    if (!read_value(token, info, line_end, 0, value) || !walker_.has(token, 1)) return false;
    note_key(key, info, value);
    const char separator = walker_.at(token);
    if (separator == '}') break;
    if (separator != ',') return false;
    ++token;
  }
  const size_t close = *token++;
  begin = token;
  return close < line_end && (!walker_.has(token, 1) || *token >= line_end);
}

bool RecordReader::Implementation::read_other_top_key(const uint32_t* token, KeyInfo*& previous,
                                                      JsonToken& key, KeyInfo*& info) {
  if (!walker_.read_key(token, key)) return false;
  if (key.has_escapes) {
    key_text_.clear();
    append_unescaped(walker_.text(key.begin, key.end), key_text_);
    info = plan_->keys.find_or_learn(key_text_);
  } else {
    info = plan_->keys.follow(*previous, walker_.text(key.begin, key.end));
  }
  if (info != nullptr) previous = info;
  return true;
}

bool RecordReader::Implementation::read_container(const uint32_t*& token, const KeyInfo* key,
                                                  size_t line_end, size_t depth, JsonToken& value) {
  is_regular_ = false;
  value.begin = *token;
  value.kind = walker_.at(token) == '{' ? ValueKind::kObject : ValueKind::kArray;
  value.has_escapes = false;
  if (value.kind == ValueKind::kObject && key != nullptr && key->is_prefix &&
      depth < kPathDepthMax) {
    if (depth == 0) path_ = key->text;
    if (!read_nested(token, line_end, depth + 1)) return false;
  } else if (!walker_.skip_container(token, line_end)) {
    return false;
  }
  value.end = token[-1] + 1;
  return true;
}

// The object at *token, whose name is path_: something below it may be wanted.
bool RecordReader::Implementation::read_nested(const uint32_t*& token, size_t line_end,
                                               size_t depth) {
  if (*token >= line_end || !walker_.has(token, 2)) return false;
  ++token;
  if (walker_.at(token) == '}') {
    ++token;
    return true;
  }
  const size_t path_size = path_.size();
  while (true) {
    JsonToken key;
    JsonToken value;
    if (!walker_.has(token, 3) || !walker_.read_key(token, key)) return false;
    token += 2;
    path_ += '.';
    if (key.has_escapes) {
      append_unescaped(walker_.text(key.begin, key.end), path_);
    } else {
      path_ += walker_.text(key.begin, key.end);
    }
    const KeyInfo* const info = plan_->keys.find(path_);
    const bool is_read = read_value(token, info, line_end, depth, value);
    path_.resize(path_size);
    if (!is_read || !walker_.has(token, 1)) return false;
    if (info != nullptr && info->candidate_count > 0) offer(*info, value, nullptr);
    const char separator = walker_.at(token++);
    if (separator == '}') return true;
    if (separator != ',') return false;
  }
}

KeyPlace RecordReader::Implementation::place_of(const JsonToken& key, const KeyInfo* info,
                                                const JsonToken& value, bool is_duplicate) const {
  KeyPlace place;
  place.key = info;
  place.key_begin = in_line(key.begin - 1);
  place.key_end = in_line(key.end + 1);
  place.value_begin = in_line(value.begin);
  place.value_end = in_line(value.end);
  place.kind = value.kind;
  place.is_duplicate = is_duplicate;
  if (value.kind == ValueKind::kArray) {
    const std::string_view inside = walker_.text(value.begin + 1, value.end);
    place.first_element = inside[inside.find_first_not_of(" \t\r")];
  }
  return place;
}

// A key that the table does not hold.
void RecordReader::Implementation::note_other_key(const JsonToken& key, const JsonToken& value) {
  if (!is_shipping_) return;
  const std::string_view text =
      key.has_escapes ? std::string_view(key_text_) : walker_.text(key.begin, key.end);
  other_keys_.push_back({key_hash(text), place_of(key, nullptr, value, false)});
}

void RecordReader::Implementation::finish_json() {
  record_.shape_ = Shape::kJson;
  record_.own_time_.reset();
  layout_.is_time_canonical = false;
  if (fields_.has_time()) {
    record_.own_time_ = fields_.time().unix_ns;
    layout_.is_time_canonical = fields_.time().is_canonical;
  }
  record_.time_is_unreadable_ = !fields_.has_time() && fields_.has_unreadable_time();
  record_.time_ = record_.own_time_.value_or(chunk_->first_read_unix_ns);
  record_.level_ = level_of(fields_[plan_->level]);
  if (plan_->logger != kNoSlot && fields_[plan_->event_name].is_present() &&
      layout_.values[plan_->logger].rank == plan_->logger_rank_unless_event_name)
    fields_.remove(plan_->logger);
  auto& unpaired = walker_.unpaired_surrogates();
  for (uint32_t& position : unpaired) position -= line_begin_;
  layout_.unpaired_surrogates = unpaired;
  if (!other_keys_.empty()) find_other_duplicates();
}

void RecordReader::Implementation::finish_text() {
  start_over();
  fields_.put_message(record_.raw_);
  const bool is_text = is_block_indexed_ || is_utf8(record_.raw_);
  record_.shape_ = is_text ? Shape::kText : Shape::kBinary;
  record_.level_ = Level::kUnknown;
  record_.own_time_.reset();
  record_.time_is_unreadable_ = false;
  record_.time_ = chunk_->first_read_unix_ns;
}

// Of the keys that the table does not hold: equal hashes are taken for equal keys.
void RecordReader::Implementation::find_other_duplicates() {
  std::sort(other_keys_.begin(), other_keys_.end(), [](const OtherKey& a, const OtherKey& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.place.key_begin < b.place.key_begin;
  });
  for (size_t i = 0; i < other_keys_.size(); ++i) {
    OtherKey& key = other_keys_[i];
    key.place.is_duplicate = i > 0 && other_keys_[i - 1].hash == key.hash;
    if (key.place.is_duplicate) layout_.keys.push_back(key.place);
    layout_.other_key_hashes.push_back(key.hash);
  }
}

RecordReader::RecordReader(std::vector<std::string> names, Purpose purpose)
    : implementation_(std::make_unique<Implementation>(std::move(names), purpose)) {}
RecordReader::~RecordReader() = default;

FieldIndex RecordReader::field(std::string_view name) const {
  const auto& names = implementation_->names();
  const auto found = std::find(names.begin(), names.end(), name);
  CHECK(found != names.end());
  return static_cast<FieldIndex>(found - names.begin());
}

void RecordReader::start(const Chunk& chunk) {
  implementation_->start(chunk);
}

const Record* RecordReader::next() {
  return implementation_->next();
}

}  // namespace sawlog::parsers
