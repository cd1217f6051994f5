#include "parsers/field_values.h"

namespace sawlog::parsers {

void FieldValues::use_plan(const FieldPlan& plan) {
  time_slot_ = plan.time;
  message_slot_ = plan.message;
  values_.assign(plan.slot_count, Value{});
  places_.assign(plan.slot_count, ValuePlace{});
  filled_.assign(plan.slot_count, 0);
  filled_count_ = 0;
}

void FieldValues::clear(size_t raw_bytes) {
  for (size_t i = 0; i < filled_count_; ++i) {
    values_[filled_[i]] = Value{};
    places_[filled_[i]].rank = kAbsentRank;
  }
  filled_count_ = 0;
  time_is_unread_ = false;
  has_time_ = false;
  has_unreadable_time_ = false;
  has_refused_ = false;
  unescaped_from_ = nullptr;
  unescaped_.clear();
  // Every string is unescaped once at most, and never grows: views stay good.
  if (unescaped_.capacity() < raw_bytes + kPaddingBytes)
    unescaped_.reserve(raw_bytes + kPaddingBytes);
}

void FieldValues::offer_otherwise(const Candidate& candidate, const JsonToken& token,
                                  std::string_view text, uint32_t begin, const KeyInfo* top_key) {
  const bool is_container = token.kind == ValueKind::kObject || token.kind == ValueKind::kArray;
  if (is_container && candidate.is_scalar_only) return;
  if (token.has_escapes && unescaped_from_ != text.data()) {
    const size_t size = unescaped_.size();
    append_unescaped(text.substr(1, text.size() - 2), unescaped_);
    unescaped_from_ = text.data();
    last_unescaped_ = std::string_view(unescaped_).substr(size);
  }
  std::string_view content = text;
  if (token.kind == ValueKind::kString) content = text.substr(1, text.size() - 2);
  if (token.has_escapes) content = last_unescaped_;
  Value value;
  read_plain_value(token, content, value);
  if (!convert_value(candidate, value)) {
    has_refused_ = true;
    return;
  }
  const bool is_no_time = candidate.slot == time_slot_ && !read_time(value, token.has_escapes);
  uint8_t rank = candidate.rank;
  if (is_no_time || token.kind == ValueKind::kNull) {
    rank = static_cast<uint8_t>(rank + kNullRankPenalty);
    if (rank >= places_[candidate.slot].rank) return;
  }
  values_[candidate.slot] = value;
  put(candidate.slot, rank, begin, text, top_key);
}

bool FieldValues::set_converted(const Candidate& candidate, const JsonToken& token,
                                std::string_view text) {
  Value& value = values_[candidate.slot];
  read_plain_value(token, text, value);
  if (candidate.slot != time_slot_) return convert_value(candidate, value);
  return token.kind == ValueKind::kNull || read_time(value, false);
}

void FieldValues::read_time() {
  time_is_unread_ = false;
  has_time_ = false;
  has_unreadable_time_ = false;
  (void)read_time(values_[time_slot_], false);
}

bool FieldValues::read_time(const Value& value, bool has_escapes) {
  if (value.kind == ValueKind::kNull) return false;
  bool is_time = false;
  if (value.kind == ValueKind::kString) {
    is_time = timestamps_.parse(value.text, time_);
  } else if (value.is_number()) {
    const std::optional<int64_t> epoch_ns = parse_epoch(value.text);
    is_time = epoch_ns.has_value();
    if (is_time) time_ = {*epoch_ns, false};
  }
  if (!is_time) {
    has_unreadable_time_ = true;
    return false;
  }
  has_time_ = true;
  time_.is_canonical = time_.is_canonical && !has_escapes;
  return true;
}

void FieldValues::put_message(std::string_view line) {
  Value& value = values_[message_slot_];
  value.kind = ValueKind::kString;
  value.text = line;
  put(message_slot_, kCanonicalRank, 0, line, nullptr);
}

}  // namespace sawlog::parsers
