#include "parsers/field_plan.h"

#include <algorithm>
#include <array>

#include "lib/base/json_encode.h"

namespace sawlog::parsers {

namespace {

std::string quoted(std::string_view name) {
  std::string text;
  base::append_json_string(text, name);
  return text;
}

// The source's own name for a field, or "".
std::string_view own_name(const SourceContext& source, std::string_view field) {
  for (const auto& [name, here] : source.fields)
    if (name == field) return here;
  return {};
}

// Keys that a wrapped line has of itself.
bool is_in_wrapped(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"@timestamp", "message", "log.flags",
                                                      "log.original_bytes"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

uint32_t unit_digits(AliasUse use) {
  switch (use) {
    case AliasUse::kSeconds:
      return 9;
    case AliasUse::kMilliseconds:
      return 6;
    case AliasUse::kMicroseconds:
      return 3;
    default:
      return 0;
  }
}

}  // namespace

FieldPlan::FieldPlan(const std::vector<std::string>& names, Purpose purpose,
                     const SourceContext& source)
    : source_(source) {
  Names paths;
  for (const std::string& name : names) {
    slot_names_.push_back(name);
    add_field(paths, static_cast<Slot>(slot_names_.size() - 1), name);
  }
  const auto always = [&](std::string_view field) {
    const size_t known = slot_names_.size();
    const Slot slot = slot_for(field);
    if (slot_names_.size() > known) add_field(paths, slot, field);
    return slot;
  };
  time = always("@timestamp");
  level = always("log.level");
  // A line that is not JSON has it; in others only LineWriter needs it.
  message = purpose == Purpose::kShipping ? always("message") : slot_for("message");
  const auto wanted_logger = std::find(names.begin(), names.end(), "log.logger");
  if (wanted_logger != names.end()) {
    logger = slot_for("log.logger");
    event_name = always("event.name");
  }
  if (purpose == Purpose::kShipping) {
    trace_id = always("trace_id");
    span_id = always("span_id");
    plan_shipping(paths);
  }
  slot_count = slot_names_.size();
  intern(paths);
  if (purpose == Purpose::kShipping) add_shipping_keys();
  for (Enrichment& field : enrichment) field.key = keys.add(slot_names_[field.slot]);
}

bool FieldPlan::fits(const SourceContext& source) const {
  return source.fields == source_.fields && source.labels == source_.labels &&
         source.enrich == source_.enrich;
}

// The slot that has this name, or a new one.
Slot FieldPlan::slot_for(std::string_view field) {
  const auto found = std::find(slot_names_.begin(), slot_names_.end(), field);
  if (found != slot_names_.end()) return static_cast<Slot>(found - slot_names_.begin());
  slot_names_.emplace_back(field);
  return static_cast<Slot>(slot_names_.size() - 1);
}

void FieldPlan::add_field(Names& names, Slot slot, std::string_view field) {
  Candidate candidate;
  candidate.slot = slot;
  candidate.is_duration = field == "event.duration";
  const std::string_view own = own_name(source_, field);
  if (!own.empty()) {
    candidate.rank = 0;
    candidate.use = candidate.is_duration ? duration_use(own) : AliasUse::kValue;
    names[std::string(own)].candidates.push_back(candidate);
  }
  candidate.use = AliasUse::kValue;
  candidate.rank = kCanonicalRank;
  names[std::string(field)].candidates.push_back(candidate);
  candidate.is_scalar_only = true;
  for (const FieldAlias& alias : field_aliases()) {
    if (alias.field != field) continue;
    candidate.rank++;
    candidate.use = alias.use;
    names[std::string(alias.alias)].candidates.push_back(candidate);
    if (alias.use == AliasUse::kUnlessEventName) logger_rank_unless_event_name = candidate.rank;
  }
}

void FieldPlan::add_presence(Names& names, Slot slot, std::string_view field) {
  Candidate candidate;
  candidate.slot = slot;
  candidate.rank = kCanonicalRank;
  candidate.is_presence_only = true;
  names[std::string(field)].candidates.push_back(candidate);
}

// Marks the prefixes of the names and makes every one a key.
void FieldPlan::intern(const Names& names) {
  for (const auto& [name, meaning] : names) {
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
      keys.add(std::string_view(name).substr(0, dot))->is_prefix = true;
    KeyInfo* const key = keys.add(name);
    auto& candidates = candidates_.emplace_back(meaning.candidates);
    for (Candidate& candidate : candidates) {
      const bool is_plain = candidate.slot != time && !candidate.is_duration;
      candidate.is_plain_string = is_plain && candidate.use <= AliasUse::kUnlessEventName;
      candidate.unit_digits = unit_digits(candidate.use);
      candidate.is_plain_number = candidate.is_plain_string && candidate.use != AliasUse::kString;
    }
    key->candidates = candidates.data();
    key->candidate_count = static_cast<uint32_t>(candidates.size());
  }
}

void FieldPlan::plan_shipping(Names& names) {
  const auto presence = [&](std::string_view field) {
    slot_names_.emplace_back(field);
    const auto slot = static_cast<Slot>(slot_names_.size() - 1);
    add_presence(names, slot, field);
    return slot;
  };
  elastic_trace_id = presence("trace.id");
  elastic_span_id = presence("span.id");
  if (source_.enrich) plan_enrichment(names);
}

void FieldPlan::plan_enrichment(Names& names) {
  const auto& labels = source_.labels;
  const auto has_label = [&](std::string_view name, size_t from) {
    return std::any_of(labels.begin() + static_cast<ptrdiff_t>(from), labels.end(),
                       [&](const auto& label) { return label.first == name; });
  };
  if (!has_label("host.name", 0))
    add_enrichment(names, Enrichment::Kind::kHostName, "host.name", "");
  if (!has_label("log.file.path", 0))
    add_enrichment(names, Enrichment::Kind::kFilePath, "log.file.path", "");
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto& [name, value] = labels[i];
    if (name == "@timestamp" || has_label(name, i + 1)) continue;  // the last of a name counts
    add_enrichment(names, Enrichment::Kind::kLabel, name, value);
    labels_json += enrichment.back().json;
  }
}

void FieldPlan::add_enrichment(Names& names, Enrichment::Kind kind, std::string_view name,
                               std::string_view value) {
  Enrichment field;
  field.kind = kind;
  slot_names_.emplace_back(name);
  field.slot = static_cast<Slot>(slot_names_.size() - 1);
  add_presence(names, field.slot, name);
  if (kind == Enrichment::Kind::kLabel) field.json = quoted(name) + ":" + quoted(value) + ",";
  field.is_for_wrapped = !is_in_wrapped(name);
  enrichment.push_back(std::move(field));
}

void FieldPlan::add_shipping_keys() {
  const auto add_role = [&](std::string_view field, KeyRole role) {
    add_shipping_key(field, role, field);
    add_shipping_key(own_name(source_, field), role, field);
    for (const FieldAlias& alias : field_aliases())
      if (alias.field == field) add_shipping_key(alias.alias, role, field);
  };
  add_role("@timestamp", KeyRole::kTime);
  add_role("log.level", KeyRole::kLevel);
  add_role("message", KeyRole::kMessage);
  for (const ObjectName& object : object_names())
    add_shipping_key(object.name, KeyRole::kObjectName, object.target);
}

void FieldPlan::add_shipping_key(std::string_view name, KeyRole role, std::string_view target) {
  if (name.empty()) return;
  KeyInfo* const key = keys.add(name);
  if (key->shipping != nullptr) return;
  ShippingKey& shipping = shipping_keys_.emplace_back();
  const std::string moved = "labels." + std::string(name);
  shipping.role = role;
  shipping.is_canonical = role != KeyRole::kObjectName && name == target;
  const auto objects = object_names();
  shipping.is_object_name = std::any_of(objects.begin(), objects.end(),
                                        [&](const auto& object) { return object.name == name; });
  shipping.target = quoted(target);
  shipping.moved = quoted(moved);
  shipping.target_key = keys.add(target);
  shipping.moved_key = keys.add(moved);
  key->shipping = &shipping;
}

}  // namespace sawlog::parsers
