#include <algorithm>

#include "parsers/record_reader_implementation.h"

namespace sawlog::parsers {

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

}  // namespace sawlog::parsers
