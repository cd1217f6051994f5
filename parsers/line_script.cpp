#include "parsers/line_script.h"

#include <algorithm>
#include <cstring>

#include "parsers/line_edits.h"
#include "parsers/record_layout.h"

namespace sawlog::parsers {

namespace {

constexpr size_t kSlackBytes = 16;
constexpr size_t kValueBytesMax = 64;  // of a time or a level's word, in quotes

// In steps of 16 bytes: up to 15 behind both ends are touched.
char* copy(char* out, const char* from, size_t bytes) {
  for (size_t i = 0; i < bytes; i += kSlackBytes) std::memcpy(out + i, from + i, kSlackBytes);
  return out + bytes;
}

char* copy_exactly(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

void LineScript::learn(const Settings& settings, std::string_view enrichment, const Record& record,
                       const RecordLayout& layout, std::span<const Edit> edits) {
  const FieldPlan& plan = *layout.plan;
  is_learned_ = false;
  canonical_keys_ = settings.canonical_keys;
  elastic_trace_keys_ = settings.elastic_trace_keys;
  host_field_ = settings.host_field;
  path_ = settings.path;
  enrichment_bytes_ = enrichment.size();
  enrichment_.assign(enrichment).append(kSlackBytes, '\0');
  text_bytes_ = enrichment.size();
  adds_time_ = canonical_keys_ ? !record.own_time_unix_ns() : !layout.has_key("@timestamp");
  steps_.clear();
  trace_keys_.clear();
  if (elastic_trace_keys_ && canonical_keys_) {
    add_trace_key(record, layout, plan.trace_id, plan.elastic_trace_id, "\"trace.id\":", "trace");
    add_trace_key(record, layout, plan.span_id, plan.elastic_span_id, "\"span.id\":", "span");
  }
  for (uint32_t i = 0; canonical_keys_ && i < layout.keys.size() && !is_refused_; ++i) {
    add_steps(layout.keys[i], i, record, layout, edits);
  }
  is_learned_ = !is_refused_;
}

void LineScript::add_steps(const KeyPlace& place, uint32_t index, const Record& record,
                           const RecordLayout& layout, std::span<const Edit> edits) {
  const FieldPlan& plan = *layout.plan;
  const bool is_time = place.key == layout.values[plan.time].top_key && !adds_time_;
  const Value& level = record[plan.level];
  const bool is_level = (level.kind == ValueKind::kString || level.is_number()) &&
                        place.key == layout.values[plan.level].top_key;
  // Whether another field of a time is one depends on its value.
  is_refused_ = place.key->shipping->role == KeyRole::kTime && !is_time;
  for (const Edit& edit : edits) {
    if (edit.begin != place.key_begin) continue;
    text_bytes_ += edit.text.size();
    steps_.push_back({Step::Kind::kKey, index, std::string(edit.text), edit.text.size()});
    steps_.back().text.append(kSlackBytes, '\0');
  }
  if (is_time) steps_.push_back({Step::Kind::kTimeValue, index, {}, 0});
  if (is_level) steps_.push_back({Step::Kind::kLevelValue, index, {}, 0});
}

void LineScript::add_trace_key(const Record& record, const RecordLayout& layout, Slot slot,
                               Slot elastic, std::string_view name, std::string_view parent) {
  if (!wants_trace_key(record, layout, slot, elastic, parent)) return;
  trace_keys_.push_back({slot, name});
  text_bytes_ += name.size() + 1;
}

void LineScript::append(const Record& record, const RecordLayout& layout, std::vector<char>& room,
                        base::Rfc3339Writer& times, std::string& out) const {
  const std::string_view raw = record.raw();
  size_t bytes_max = raw.size() + text_bytes_ + (steps_.size() + 1) * kValueBytesMax;
  for (const TraceKey& key : trace_keys_)
    bytes_max += base::json_string_bytes_max(record[key.slot].text.size());
  if (room.size() < bytes_max) room.resize(bytes_max * 2);
  char* end = room.data();
  *end++ = '{';
  if (adds_time_) {
    end = copy_exactly(end, "\"@timestamp\":");
    end = write_quoted_time(end, times, record.time_unix_ns());
    *end++ = ',';
  }
  for (const TraceKey& key : trace_keys_) {
    end = copy_exactly(end, key.name);
    end = base::write_json_string(end, record[key.slot].text);
    *end++ = ',';
  }
  end = copy(end, enrichment_.data(), enrichment_bytes_);
  size_t at = layout.object_begin + 1;
  for (const Step& step : steps_) {
    const KeyPlace& place = layout.keys[step.key];
    if (step.kind == Step::Kind::kKey) {
      end = copy(end, raw.data() + at, place.key_begin - at);
      end = copy(end, step.text.data(), step.text_bytes);
      at = place.key_end;
      continue;
    }
    if (step.kind == Step::Kind::kTimeValue) {
      if (layout.is_time_canonical) continue;
      end = copy(end, raw.data() + at, place.value_begin - at);
      end = write_quoted_time(end, times, record.time_unix_ns());
    } else {
      std::string text;
      const std::string_view value = shipped_level(
          record, raw.substr(place.value_begin, place.value_end - place.value_begin), text);
      if (value.empty()) continue;
      end = copy(end, raw.data() + at, place.value_begin - at);
      end = copy_exactly(end, value);
    }
    at = place.value_end;
  }
  end = copy(end, raw.data() + at, raw.size() - at);
  out.append(room.data(), static_cast<size_t>(end - room.data()));
}

}  // namespace sawlog::parsers
