#include "parsers/record_reader.h"

#include <algorithm>

#include "lib/base/check.h"
#include "parsers/field_plan.h"
#include "parsers/json_index.h"
#include "parsers/json_walker.h"
#include "parsers/record_layout.h"
#include "parsers/timestamp.h"
#include "parsers/value_decoder.h"

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

  void use_plan(const SourceContext& source);
  void begin_record(const Line& line);
  [[nodiscard]] bool read_json(const Line& line);
  [[nodiscard]] bool read_object(const uint32_t*& token, size_t line_end);
  [[nodiscard]] KeyInfo* look_up(const JsonToken& key, KeyInfo*& previous);
  [[nodiscard]] bool read_value(const uint32_t*& token, const KeyInfo* key, size_t line_end,
                                size_t depth, JsonToken& value);
  [[nodiscard]] bool read_nested(const uint32_t*& token, size_t line_end, size_t depth);
  void note_key(const JsonToken& key, KeyInfo* info, const JsonToken& value);
  void offer(const KeyInfo& key, const JsonToken& value, bool is_top);
  [[nodiscard]] bool read_time(const JsonToken& token, const Value& value);
  void put(Slot slot, const Value& value, const ValuePlace& place);
  void clear_values();
  void finish_json();
  void finish_text();
  void find_other_duplicates();

  const std::vector<std::string> names_;
  const Purpose purpose_;
  std::vector<std::pair<const SourceContext*, std::unique_ptr<FieldPlan>>> plans_;
  FieldPlan* plan_ = nullptr;

  const Chunk* chunk_ = nullptr;
  size_t line_index_ = 0;
  JsonIndex index_;
  bool is_chunk_indexed_ = false;    // else every line for itself
  const uint32_t* token_ = nullptr;  // of an indexed chunk: nothing before it is needed again
  size_t base_ = 0;                  // where the walker's position 0 is in the chunk
  JsonWalker walker_;
  TimestampParser timestamps_;

  Record record_;
  RecordLayout layout_;
  std::vector<Value> values_;
  std::vector<Slot> filled_;  // the slots that the current record has
  std::string unescaped_;     // contents of strings with escapes; views into it are given out
  std::string key_text_;      // of a key with escapes
  std::string path_;          // of the nested object that is being read: "http.request"
  struct OtherKey {           // one that the table does not hold
    uint64_t hash;
    KeyPlace place;
  };
  std::vector<OtherKey> other_keys_;
  uint32_t line_begin_ = 0;  // relative to the walker's base
};

void RecordReader::Implementation::start(const Chunk& chunk) {
  CHECK(chunk.source != nullptr);
  chunk_ = &chunk;
  line_index_ = 0;
  use_plan(*chunk.source);
  is_chunk_indexed_ = !chunk.lines.empty() && index_.build(chunk.bytes);
  if (!is_chunk_indexed_) return;
  base_ = 0;
  token_ = index_.positions().data();
  walker_.start(chunk.bytes.data(), index_.positions(), chunk.bytes.size());
}

// Sources are few and their addresses stay; a full table of keys starts over.
void RecordReader::Implementation::use_plan(const SourceContext& source) {
  const auto known = std::find_if(plans_.begin(), plans_.end(),
                                  [&](const auto& plan) { return plan.first == &source; });
  auto& plan = known != plans_.end() ? *known : plans_.emplace_back(&source, nullptr);
  if (!plan.second || plan.second->keys.is_full() || !plan.second->fits(source))
    plan.second = std::make_unique<FieldPlan>(names_, purpose_, source);
  if (plan_ == plan.second.get()) return;
  plan_ = plan.second.get();
  filled_.clear();
  values_.assign(plan_->slot_count, Value{});
  layout_.values.assign(plan_->slot_count, ValuePlace{});
  layout_.plan = plan_;
}

const Record* RecordReader::Implementation::next() {
  if (line_index_ == chunk_->lines.size()) return nullptr;
  const Line& line = chunk_->lines[line_index_++];
  begin_record(line);
  if (!line.is_cut() && read_json(line)) {
    finish_json();
  } else {
    finish_text();
  }
  record_.values_ = values_;
  return &record_;
}

void RecordReader::Implementation::begin_record(const Line& line) {
  clear_values();
  plan_->line++;
  unescaped_.clear();
  unescaped_.reserve(chunk_->text(line).size());
  layout_.keys.clear();
  layout_.other_key_hashes.clear();
  other_keys_.clear();
  walker_.unpaired_surrogates().clear();
  record_.own_time_.reset();
  record_.raw_ = chunk_->text(line);
  record_.line_ = &line;
  record_.level_ = Level::kUnknown;
  record_.time_is_unreadable_ = false;
  record_.layout_ = &layout_;
}

bool RecordReader::Implementation::read_json(const Line& line) {
  size_t line_end = line.begin + line.size_bytes;
  const uint32_t* token = nullptr;
  if (is_chunk_indexed_) {
    const auto positions = index_.positions();
    const uint32_t* const end = positions.data() + positions.size();
    while (token_ != end && *token_ < line.begin) ++token_;
    token = token_;
    line_begin_ = line.begin;
  } else {
    if (!index_.build(record_.raw_)) return false;
    base_ = line.begin;
    line_end = line.size_bytes;
    line_begin_ = 0;
    token = index_.positions().data();
    walker_.start(record_.raw_.data(), index_.positions(), line.size_bytes);
  }
  if (!walker_.has(token, 2) || *token >= line_end || !read_object(token, line_end)) return false;
  token_ = token;
  return true;
}

bool RecordReader::Implementation::read_object(const uint32_t*& token, size_t line_end) {
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
    if (!walker_.has(token, 3) || !walker_.read_key(token, key)) return false;
    KeyInfo* const info = look_up(key, previous);
    token += 2;
    if (!read_value(token, info, line_end, 0, value) || !walker_.has(token, 1)) return false;
    note_key(key, info, value);
    const char separator = walker_.at(token);
    if (separator == '}') break;
    if (separator != ',') return false;
    ++token;
  }
  const size_t close = *token++;
  return close < line_end && (!walker_.has(token, 1) || *token >= line_end);
}

// previous: the key before this one, then this one.
KeyInfo* RecordReader::Implementation::look_up(const JsonToken& key, KeyInfo*& previous) {
  std::string_view text = walker_.text(key.begin, key.end);
  KeyInfo* info = nullptr;
  if (!key.has_escapes) {
    info = plan_->keys.follow(*previous, text);
  } else {
    key_text_.clear();
    append_unescaped(text, key_text_);
    info = plan_->keys.find_or_learn(key_text_);
  }
  if (info != nullptr) previous = info;
  return info;
}

bool RecordReader::Implementation::read_value(const uint32_t*& token, const KeyInfo* key,
                                              size_t line_end, size_t depth, JsonToken& value) {
  const char first = walker_.at(token);
  if (first != '{' && first != '[') return walker_.read_scalar(token, value);
  value.begin = *token;
  value.kind = first == '{' ? ValueKind::kObject : ValueKind::kArray;
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
    if (info != nullptr && info->candidate_count > 0) offer(*info, value, false);
    const char separator = walker_.at(token++);
    if (separator == '}') return true;
    if (separator != ',') return false;
  }
}

// A key at the top of the record with its value. The first of equal keys counts.
void RecordReader::Implementation::note_key(const JsonToken& key, KeyInfo* info,
                                            const JsonToken& value) {
  const bool is_duplicate = info != nullptr && info->line == plan_->line;
  if (info != nullptr) {
    info->line = plan_->line;
    if (info->candidate_count > 0 && !is_duplicate) offer(*info, value, true);
    if (info->shipping == nullptr && !is_duplicate) return;
  }
  if (purpose_ != Purpose::kShipping) return;
  const auto relative = [this](size_t position) {
    return static_cast<uint32_t>(position - line_begin_);
  };
  const char first_element =
      value.kind == ValueKind::kArray ? walker_.text(value.begin + 1, value.end)[0] : '\0';
  const KeyPlace place{info,
                       relative(key.begin - 1),
                       relative(key.end + 1),
                       relative(value.begin),
                       relative(value.end),
                       value.kind,
                       first_element,
                       is_duplicate};
  if (info != nullptr) {
    layout_.keys.push_back(place);
  } else {
    const std::string_view text =
        key.has_escapes ? std::string_view(key_text_) : walker_.text(key.begin, key.end);
    other_keys_.push_back({key_hash(text), place});
  }
}

void RecordReader::Implementation::offer(const KeyInfo& key, const JsonToken& token, bool is_top) {
  const bool is_container = token.kind == ValueKind::kObject || token.kind == ValueKind::kArray;
  Value plain;
  for (uint32_t i = 0; i < key.candidate_count; ++i) {
    const Candidate& candidate = key.candidates[i];
    const ValuePlace& current = layout_.values[candidate.slot];
    uint8_t rank = candidate.rank;
    if (rank >= current.rank || (is_container && candidate.is_scalar_only)) continue;
    if (plain.kind == ValueKind::kAbsent)
      plain = plain_value(token, walker_.text(token.begin, token.end), unescaped_);
    Value value = plain;
    if (!convert_value(candidate, value)) continue;
    const bool is_no_time = candidate.slot == plan_->time && !read_time(token, value);
    if (is_no_time || token.kind == ValueKind::kNull) {
      rank = static_cast<uint8_t>(rank + kNullRankPenalty);
      if (rank >= current.rank) continue;
    }
    put(candidate.slot, value,
        {static_cast<uint32_t>(token.begin - line_begin_),
         static_cast<uint32_t>(token.end - line_begin_), rank, is_top ? &key : nullptr});
  }
}

bool RecordReader::Implementation::read_time(const JsonToken& token, const Value& value) {
  if (value.kind == ValueKind::kNull) return false;
  std::optional<Timestamp> time;
  if (value.kind == ValueKind::kString) time = timestamps_.parse(value.text);
  if (value.is_number())
    if (const auto epoch_ns = parse_epoch(value.text)) time = Timestamp{*epoch_ns, false};
  if (!time) {
    record_.time_is_unreadable_ = true;
    return false;
  }
  record_.own_time_ = time->unix_ns;
  layout_.is_time_canonical = time->is_canonical && !token.has_escapes;
  return true;
}

void RecordReader::Implementation::put(Slot slot, const Value& value, const ValuePlace& place) {
  if (layout_.values[slot].rank == kAbsentRank) filled_.push_back(slot);
  values_[slot] = value;
  layout_.values[slot] = place;
}

void RecordReader::Implementation::clear_values() {
  for (const Slot slot : filled_) {
    values_[slot] = Value{};
    layout_.values[slot].rank = kAbsentRank;
  }
  filled_.clear();
}

void RecordReader::Implementation::finish_json() {
  record_.shape_ = Shape::kJson;
  if (record_.own_time_) record_.time_is_unreadable_ = false;
  record_.time_ = record_.own_time_.value_or(chunk_->first_read_unix_ns);
  record_.level_ = level_of(values_[plan_->level]);
  if (plan_->logger != kNoSlot && values_[plan_->event_name].is_present() &&
      layout_.values[plan_->logger].rank == plan_->logger_rank_unless_event_name)
    values_[plan_->logger] = Value{};
  auto& unpaired = walker_.unpaired_surrogates();
  for (uint32_t& position : unpaired) position -= line_begin_;
  layout_.unpaired_surrogates = unpaired;
  if (!other_keys_.empty()) find_other_duplicates();
}

void RecordReader::Implementation::finish_text() {
  clear_values();
  const bool is_text = is_chunk_indexed_ || is_utf8(record_.raw_);
  record_.shape_ = is_text ? Shape::kText : Shape::kBinary;
  record_.own_time_.reset();
  record_.time_is_unreadable_ = false;
  record_.time_ = chunk_->first_read_unix_ns;
  Value value;
  value.kind = ValueKind::kString;
  value.text = record_.raw_;
  put(plan_->message, value,
      {0, static_cast<uint32_t>(value.text.size()), kCanonicalRank, nullptr});
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
