#include "parsers/line_shape.h"

#include <algorithm>

namespace sawlog::parsers {

namespace {

// { and for each key: key : value separator.
constexpr size_t kTokensOfKey = 4;
constexpr size_t kKeyToken = 1;
constexpr size_t kColonToken = 2;
constexpr size_t kValueToken = 3;
constexpr size_t kTextBytesMax = 256;  // before a value

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

// What is no string: whether it is of the kind that it should be, and what it says.
bool read_word(const char* begin, const char* end, ValueKind& kind, JsonNumber& number) {
  if (end <= begin) return false;
  if (kind == ValueKind::kInteger) {
    kind = scan_short_number(begin, end, number);
    return kind != ValueKind::kAbsent;
  }
  const std::string_view text(begin, static_cast<size_t>(end - begin));
  if (kind == ValueKind::kNull) return text == "null";
  return text == "true" || text == "false";
}

void note_place(const uint32_t* token, uint32_t line_begin, ValueKind kind, KeyPlace& place) {
  place.key_begin = token[kKeyToken] - line_begin;
  place.key_end = token[kColonToken] - line_begin;
  place.value_begin = token[kValueToken] - line_begin;
  place.value_end = token[kTokensOfKey] - line_begin;
  place.kind = kind;
}

}  // namespace

void LineShape::forget() {
  keys_.clear();
  infos_.clear();
  texts_.clear();
  taken_.clear();
  script_.forget();
}

void LineShape::learn(std::span<const uint32_t> tokens, const JsonWalker& walker,
                      const FieldPlan& plan, const FieldValues& fields) {
  forget();
  const size_t key_count = tokens.size() / kTokensOfKey;
  if (key_count == 0 || key_count > kKeysMax) return;
  for (size_t i = 0; i < key_count; ++i) {
    const uint32_t* const token = tokens.data() + i * kTokensOfKey;
    const char* const begin = walker.from(token[kKeyToken]) + 1;
    const char* end = walker.from(token[kColonToken]) - 1;
    while (*end != '"') --end;
    const ValueKind kind = kind_by_first(*walker.from(token[kValueToken]));
    const size_t quote = kind == ValueKind::kString ? 1 : 0;
    const std::string_view before = walker.text(token[0], token[kValueToken] + quote);
    KeyInfo* const info = plan.keys.find({begin, static_cast<size_t>(end - begin)});
    if (info == nullptr || before.size() > kTextBytesMax) return forget();
    infos_.push_back(info);
    keys_.push_back(make_key(before, kind));
    keys_.back().is_noted = info->shipping != nullptr;
  }
  const auto may_be_time = [&](const KeyInfo* info) {
    const std::span<const Candidate> all(info->candidates, info->candidate_count);
    return std::ranges::find(all, plan.time, &Candidate::slot) != all.end();
  };
  const bool has_one_time = std::ranges::count_if(infos_, may_be_time) == 1;
  size_t taken_max = 0;
  for (const KeyInfo* const info : infos_) taken_max += info->candidate_count;
  taken_.reserve(taken_max);  // keys have views of it
  for (size_t i = 0; i < key_count; ++i) learn_taken(i, has_one_time, plan, fields);
}

LineShape::Key LineShape::make_key(std::string_view before, ValueKind kind) {
  Key key;
  key.size_bytes = static_cast<uint32_t>(before.size());
  key.kind = kind;
  for (size_t i = 0; i < key.words.size(); ++i) {
    std::array<char, sizeof(uint64_t)> word{};
    const size_t count = before.substr(std::min(8 * i, before.size())).copy(word.data(), 8);
    key.words[i] = Key::load(word.data());
    key.masks[i] = count == 8 ? UINT64_MAX : (uint64_t{1} << 8 * count) - 1;
  }
  if (before.size() > sizeof(key.words))
    key.rest = texts_.emplace_back(before.substr(sizeof(key.words)));
  return key;
}

void LineShape::learn_taken(size_t index, bool has_one_time, const FieldPlan& plan,
                            const FieldValues& fields) {
  Key& key = keys_[index];
  const KeyInfo& info = *infos_[index];
  const bool is_string = key.kind == ValueKind::kString;
  const bool is_number = key.kind == ValueKind::kInteger;
  const size_t begin = taken_.size();
  for (const Candidate& candidate : std::span(info.candidates, info.candidate_count)) {
    const ValuePlace& place = fields.places()[candidate.slot];
    if (place.rank == kAbsentRank || place.top_key != &info ||
        place.rank % kNullRankPenalty != candidate.rank)
      continue;
    const bool is_the_time =
        candidate.slot == plan.time && has_one_time && (is_string || is_number);
    How how = How::kConverted;
    if (is_string && candidate.is_plain_string) how = How::kPlain;
    if (is_number && (candidate.is_plain_number || candidate.is_duration)) how = How::kPlain;
    // LineWriter asks for it, and whether there is one decides what it does.
    if (is_the_time && !plan.is_for_shipping()) how = How::kTime;
    taken_.push_back({&candidate, candidate.slot, how, place.rank, candidate.unit_digits,
                      candidate.is_duration});
  }
  key.taken = std::span(taken_).subspan(begin);
  if (is_string && key.taken.size() == 1 && key.taken[0].how == How::kPlain)
    key.text_slot = key.taken[0].slot;
}

bool LineShape::matches(const uint32_t* token, size_t line_end, const JsonWalker& walker) const {
  return walk<false>(token, line_end, walker, nullptr, nullptr);
}

bool LineShape::read(const uint32_t*& token, size_t line_end, const JsonWalker& walker,
                     FieldValues& fields, std::vector<KeyPlace>& keys) const {
  return walk<true>(token, line_end, walker, &fields, keys.data());
}

void LineShape::prepare(FieldValues& fields, std::vector<KeyPlace>& keys) const {
  for (size_t i = 0; i < keys_.size(); ++i) {
    for (const Taken& taken : keys_[i].taken)
      fields.make_ready(taken.slot, taken.rank, keys_[i].kind, infos_[i]);
    if (keys_[i].is_noted) keys.emplace_back().key = infos_[i];
  }
}

// A line's first key has a { before it, every other a comma; a } follows the last.
template <bool kTakes>
bool LineShape::walk(const uint32_t*& token, size_t line_end, const JsonWalker& walker,
                     FieldValues* fields, KeyPlace* places) const {
  const size_t token_count = keys_.size() * kTokensOfKey + 1;
  if (keys_.empty() || !walker.has(token, token_count)) return false;
  const char* const base = walker.from(0);
  const uint32_t* at = token;
  for (const Key& key : keys_) {
    const char* const place = base + at[0];
    if (!key.is_at(place)) return false;
    const char* const begin = place + key.size_bytes;
    const char* end = base + at[kTokensOfKey];
    ValueKind kind = key.kind;
    JsonNumber number;
    if (kind == ValueKind::kString) {
      if (*--end != '"') return false;  // a string is closed before the next token
    } else if (!read_word(begin, end, kind, number)) {
      return false;
    }
    if constexpr (kTakes) {
      const std::string_view text(begin, static_cast<size_t>(end - begin));
      if (key.text_slot != kNoSlot) {
        fields->set_text(key.text_slot, text);
      } else if (!key.taken.empty() && !take(key, kind, number, text, *fields)) {
        return false;
      }
      if (key.is_noted) note_place(at, *token, kind, *places++);
    }
    at += kTokensOfKey;
  }
  if (base[*at] != '}' || *at >= line_end || (walker.has(at, 2) && at[1] < line_end)) return false;
  token = at + 1;
  return true;
}

bool LineShape::take(const Key& key, ValueKind kind, const JsonNumber& number,
                     std::string_view text, FieldValues& fields) {
  for (const Taken& taken : key.taken) {
    if (taken.how == How::kConverted) {
      JsonToken value;
      value.kind = kind;
      value.number = number;
      if (!fields.set_converted(*taken.candidate, value, text)) return false;
      continue;
    }
    if (kind == ValueKind::kString) {
      fields.set_text(taken.slot, text);
    } else if (taken.is_duration) {
      fields.set_duration(taken.slot, taken.unit_digits, kind, number, text);
    } else {
      fields.set_number(taken.slot, kind, number, text);
    }
    if (taken.how == How::kTime) fields.leave_time_unread();
  }
  return true;
}

}  // namespace sawlog::parsers
