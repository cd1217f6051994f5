#include "lib/src/line_encoder.h"

#include <cstring>

#include "lib/src/value_json.h"

namespace sawlog {

using detail::RawField;
using detail::Role;

namespace {

constexpr size_t kPlacesMax = 4096;  // call sites whose text is kept
constexpr size_t kFixedBytesMax = 256;

constexpr std::array<std::string_view, 7> kLevelParts = {
    R"(","log.level":"trace","message":)", R"(","log.level":"debug","message":)",
    R"(","log.level":"info","message":)",  R"(","log.level":"warn","message":)",
    R"(","log.level":"error","message":)", R"(","log.level":"fatal","message":)",
    R"(","log.level":"off","message":)"};

constexpr std::string_view kEcsVersion = "8.11.0";
constexpr std::string_view kRenamedPrefix = "labels.";
constexpr std::string_view kNameOfNothing = "_";  // stores refuse the empty name

constexpr std::array<std::string_view, 8> kInteractionPrefixes = {
    "agent.", "llm.", "tool.", "rag.", "workflow.", "vectordb.", "embedding.", "gen_ai."};

char* write_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(key).append("\":");
  base::append_json_string(out, value);
}

bool begins_interaction(const RawField& event_name) {
  if (!has_text(event_name.kind())) return false;
  std::string_view name = event_name.text_view();
  if (event_name.kind() == detail::Kind::kEncoded && name.starts_with('"')) name.remove_prefix(1);
  for (const std::string_view prefix : kInteractionPrefixes) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 == 0
}

}  // namespace

LineEncoder::LineEncoder(const LineFormat& format) : format_(format) {}

void LineEncoder::read(const char* record) {
  header_ = read_header(record);
  message_ = read_message(record, header_);
  raw_fields_.resize(header_.start.field_count);
  fields_bytes_max_ = 0;
  const char* at = fields_of(record, header_);
  for (RawField& field : raw_fields_) {
    field = read_field(at);
    fields_bytes_max_ += value_json_bytes_max(field);
  }
  shape_ = shapes_.find(place_id(header_.where), raw_fields_);
  if (shape_ != nullptr) {
    fields_bytes_max_ += shape_->prefix_bytes();
    const int event_name = shape_->event_name();
    is_interaction_ =
        event_name >= 0 && begins_interaction(raw_fields_[static_cast<size_t>(event_name)]);
  } else {
    sort_fields();
    is_interaction_ = begins_interaction(role_field(Role::kEventName).value);
  }
  if (logger_of_part_ != header_.logger) {
    logger_of_part_ = header_.logger;
    logger_part_ = logger_part(*header_.logger);
  }
  place_part_ = format_.source_location ? place_part(header_.where) : std::string_view();
}

void LineEncoder::sort_fields() {
  fields_.clear();
  roles_.fill({});
  seen_hashes_.reset();
  changed_keys_.clear();
  for (const RawField& raw : raw_fields_) add_field(raw);
  constexpr size_t kPunctuation = 4;
  for (const LineField& field : fields_) fields_bytes_max_ += field.key.size() + kPunctuation;
  for (const LineField& field : roles_) fields_bytes_max_ += field.key.size() + kPunctuation;
}

void LineEncoder::add_field(const RawField& raw) {
  const auto role = raw.role();
  if (role != Role::kNone && role != Role::kReserved) {
    role_field(role) = {{raw.key, raw.key_size()}, raw};
    return;
  }
  const bool is_as_hashed = role == Role::kNone && !raw.is_key_copied();
  const std::string_view key = key_json(raw);
  const uint8_t hash = is_as_hashed ? raw.key_hash() : detail::hash_of(key);
  if (seen_hashes_[hash]) drop_earlier(key);
  seen_hashes_.set(hash);
  fields_.push_back({key, raw});
}

void LineEncoder::drop_earlier(std::string_view key) {
  for (LineField& field : fields_) {
    if (field.key == key) field.key = {};
  }
}

// Keys that were known to the compiler are fine as they are. Of the others, equal ones are equal
// in this form, also when they only differ in bytes that are not UTF-8.
std::string_view LineEncoder::key_json(const RawField& raw) {
  const std::string_view key(raw.key, raw.key_size());
  if (!raw.is_key_copied()) return key;
  const bool is_reserved = raw.role() == Role::kReserved;
  std::string name(is_reserved ? kRenamedPrefix : "");
  name.append(key.empty() ? kNameOfNothing : key);
  std::string json;
  base::append_json_string(json, name);
  const std::string_view content = std::string_view(json).substr(1, json.size() - 2);
  if (content == key) return key;
  changed_keys_.emplace_back(content);
  return changed_keys_.back();
}

size_t LineEncoder::bytes_max() const {
  return kFixedBytesMax + base::json_string_bytes_max(message_.size()) + logger_part_.size() +
         place_part_.size() + fields_bytes_max_;
}

char* LineEncoder::write_field(char* out, const LineField& field) {
  if (field.key.data() == nullptr) return out;
  out = write_text(out, ",\"");
  out = write_text(out, field.key);
  out = write_text(out, "\":");
  return write_value_json(out, field.value);
}

char* LineEncoder::write_fields(char* out) const {
  if (shape_ == nullptr) {
    for (const LineField& field : roles_) out = write_field(out, field);
    for (const LineField& field : fields_) out = write_field(out, field);
    return out;
  }
  for (const size_t index : shape_->order()) {
    out = write_value_json(shape_->write_prefix(out, index), raw_fields_[index]);
  }
  return out;
}

char* LineEncoder::write(char* out, int64_t unix_ns) {
  out = write_text(out, R"({"@timestamp":")");
  out = time_.write(out, unix_ns);
  out = write_text(out, kLevelParts[static_cast<size_t>(header_.start.level)]);
  out = base::write_json_string(out, message_);
  if (header_.is_message_cut) out = write_text(out - 1, "…\"");
  out = write_text(out, logger_part_);
  out = write_fields(out);
  if (!place_part_.empty()) out = write_text(out, place_part_);
  return write_text(out, "}\n");
}

std::string_view LineEncoder::logger_part(const LoggerNode& logger) {
  std::string& part = logger_parts_[&logger];
  if (part.empty()) {
    append_member(part, "ecs.version", kEcsVersion);
    append_member(part, "log.logger", logger.name());
    append_member(part, "service.name", format_.service);
    append_member(part, "service.version", format_.service_version);
    append_member(part, "service.environment", format_.service_environment);
  }
  return part;
}

std::string_view LineEncoder::place_part(const std::source_location& where) {
  const uint64_t key = place_id(where);
  if (const auto found = places_.find(key); found != places_.end()) return found->second;
  if (places_.size() >= kPlacesMax) places_.clear();
  std::string& part = places_[key];
  if (where.line() == 0) return part;  // a record whose place is not known
  append_member(part, "log.origin.file.name", base_name(where.file_name()));
  part.append(",\"log.origin.file.line\":").append(std::to_string(where.line()));
  append_member(part, "log.origin.function", where.function_name());
  return part;
}

}  // namespace sawlog
