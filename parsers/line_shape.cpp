#include "parsers/line_shape.h"

#include <algorithm>

namespace sawlog::parsers {

namespace {

// { and for each key: key : value separator.
constexpr size_t kTokensOfKey = 4;
constexpr size_t kKeyToken = 1;
constexpr size_t kColonToken = 2;
constexpr size_t kValueToken = 3;
constexpr size_t kSeparatorToken = 4;

ValueKind kind_by_first(char first) {
  switch (first) {
    case '"':
      return ValueKind::kString;
    case 't':
    case 'f':
      return ValueKind::kBool;
    case 'n':
      return ValueKind::kNull;
    default:
      return ValueKind::kInteger;
  }
}

}  // namespace

void LineShape::learn(std::span<const uint32_t> tokens, const JsonWalker& walker,
                      const FieldPlan& plan, const FieldValues& fields) {
  forget();
  taken_.clear();
  noted_.clear();
  const size_t key_count = tokens.size() / kTokensOfKey;
  if (key_count == 0 || key_count > kKeysMax) return;
  for (size_t i = 0; i < key_count; ++i) {
    const uint32_t* const token = tokens.data() + i * kTokensOfKey;
    const char* const begin = walker.from(token[kKeyToken]) + 1;
    const char* end = walker.from(token[kColonToken]) - 1;
    while (*end != '"') --end;
    Key key;
    key.info = plan.keys.find({begin, static_cast<size_t>(end - begin)});
    key.kind = kind_by_first(*walker.from(token[kValueToken]));
    key.separator = *walker.from(token[kSeparatorToken]);
    if (key.info == nullptr) return forget();
    keys_.push_back(key);
    if (key.info->shipping != nullptr) noted_.push_back(static_cast<uint32_t>(i));
    for (uint32_t c = 0; c < key.info->candidate_count; ++c) {
      const Candidate& candidate = key.info->candidates[c];
      const ValuePlace& place = fields.places()[candidate.slot];
      if (place.rank != kAbsentRank && place.top_key == key.info &&
          place.rank % kNullRankPenalty == candidate.rank)
        taken_.push_back({&candidate, place.rank, static_cast<uint32_t>(i)});
    }
  }
  values_.assign(key_count, JsonToken{});
  for (size_t i = 0; i < key_count; ++i) values_[i].kind = keys_[i].kind;
}

bool LineShape::matches(const uint32_t*& token, size_t line_end, const JsonWalker& walker) {
  const size_t token_count = keys_.size() * kTokensOfKey + 1;
  if (keys_.empty() || !walker.has(token, token_count) || walker.at(token) != '{') return false;
  const char* const base = walker.from(0);
  const uint32_t* at = token;
  size_t index = 0;
  for (const Key& key : keys_) {
    const char* const begin = base + at[kValueToken];
    const char* const end = base + at[kSeparatorToken];
    if (!KeyTable::is_at(*key.info, base + at[kKeyToken], at[kColonToken] - at[kKeyToken]) ||
        base[at[kColonToken]] != ':' || *end != key.separator)
      return false;
    if (key.kind == ValueKind::kString) {
      if (*begin != '"' || end[-1] != '"' || end - begin < 2) return false;
    } else if (!is_value(key, index, begin, end)) {
      return false;
    }
    at += kTokensOfKey;
    ++index;
  }
  if (*at >= line_end || (walker.has(at, 2) && at[1] < line_end)) return false;
  token = at + 1;
  return true;
}

bool LineShape::is_value(const Key& key, size_t index, const char* begin, const char* end) {
  const std::string_view text(begin, static_cast<size_t>(end - begin));
  if (key.kind == ValueKind::kNull) return text == "null";
  if (key.kind == ValueKind::kBool) return text == "true" || text == "false";
  JsonToken& token = values_[index];
  token.kind = scan_number(begin, end, token.number);
  return token.kind != ValueKind::kAbsent;
}

bool LineShape::take(const uint32_t* token, const JsonWalker& walker, bool is_again,
                     FieldValues& fields, std::vector<KeyPlace>& keys) const {
  const uint32_t line_begin = *token;
  for (const Taken& taken : taken_) {
    const uint32_t* const at = token + taken.key * kTokensOfKey;
    const std::string_view text = walker.text(at[kValueToken], at[kSeparatorToken]);
    const JsonToken& value = values_[taken.key];
    // The places of values at the top of a record are in keys, too, where LineWriter needs them.
    const bool is_taken = is_again
                              ? fields.take_again(*taken.candidate, value, text)
                              : fields.take(*taken.candidate, taken.rank, value, text,
                                            at[kValueToken] - line_begin, keys_[taken.key].info);
    if (!is_taken) return false;
  }
  if (!is_again) keys.assign(noted_.size(), KeyPlace{});
  for (size_t i = 0; i < noted_.size(); ++i) {
    const size_t key = noted_[i];
    const uint32_t* const at = token + key * kTokensOfKey;
    KeyPlace& place = keys[i];
    place.key = keys_[key].info;
    place.key_begin = at[kKeyToken] - line_begin;
    place.key_end = at[kColonToken] - line_begin;
    place.value_begin = at[kValueToken] - line_begin;
    place.value_end = at[kSeparatorToken] - line_begin;
    place.kind = values_[key].kind;
  }
  return true;
}

}  // namespace sawlog::parsers
