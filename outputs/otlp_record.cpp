#include "outputs/otlp_record.h"

#include <array>
#include <optional>
#include <unordered_map>

#include <protozero/pbf_writer.hpp>
#include <simdjson.h>

#include "lib/base/check.h"

namespace sawlog::outputs {
namespace {

namespace json = simdjson::ondemand;
using protozero::pbf_writer;

// Field numbers of logs.proto, common.proto and resource.proto.
constexpr protozero::pbf_tag_type kResourceAttributes = 1;
constexpr protozero::pbf_tag_type kScopeName = 1;
constexpr protozero::pbf_tag_type kTime = 1;
constexpr protozero::pbf_tag_type kSeverityNumber = 2;
constexpr protozero::pbf_tag_type kSeverityText = 3;
constexpr protozero::pbf_tag_type kBody = 5;
constexpr protozero::pbf_tag_type kAttributes = 6;
constexpr protozero::pbf_tag_type kFlags = 8;
constexpr protozero::pbf_tag_type kTraceId = 9;
constexpr protozero::pbf_tag_type kSpanId = 10;
constexpr protozero::pbf_tag_type kObservedTime = 11;
constexpr protozero::pbf_tag_type kEventName = 12;
constexpr protozero::pbf_tag_type kKey = 1;
constexpr protozero::pbf_tag_type kValue = 2;
constexpr protozero::pbf_tag_type kString = 1;
constexpr protozero::pbf_tag_type kBool = 2;
constexpr protozero::pbf_tag_type kInt = 3;
constexpr protozero::pbf_tag_type kDouble = 4;
constexpr protozero::pbf_tag_type kArray = 5;
constexpr protozero::pbf_tag_type kMap = 6;
constexpr protozero::pbf_tag_type kItems = 1;  // of ArrayValue and KeyValueList

// Where a key of the line goes; what is not named here is an attribute under its own name.
enum class Place : uint8_t { kAttribute, kBoth, kResource, kNowhere, kTrace, kSpan };
struct Mapping {
  std::string_view key;
  Place place;
  std::string_view name;
};
constexpr std::array<Mapping, 22> kMappings = {{
    {"@timestamp", Place::kNowhere, ""},
    {"log.level", Place::kNowhere, ""},
    {"message", Place::kNowhere, ""},
    {"log.logger", Place::kNowhere, ""},
    {"event.name", Place::kNowhere, ""},
    {"trace_flags", Place::kNowhere, ""},
    {"ecs.version", Place::kNowhere, ""},
    {"trace_id", Place::kTrace, "trace_id"},
    {"span_id", Place::kSpan, "span_id"},
    {"service.name", Place::kResource, "service.name"},
    {"service.version", Place::kResource, "service.version"},
    {"service.environment", Place::kResource, "deployment.environment.name"},
    {"service.node.name", Place::kResource, "service.instance.id"},
    {"host.name", Place::kResource, "host.name"},
    {"log.origin.file.name", Place::kAttribute, "code.file.path"},
    {"log.origin.file.line", Place::kAttribute, "code.line.number"},
    {"log.origin.function", Place::kAttribute, "code.function.name"},
    {"process.thread.id", Place::kAttribute, "thread.id"},
    {"process.thread.name", Place::kAttribute, "thread.name"},
    {"error.type", Place::kBoth, "exception.type"},
    {"error.message", Place::kAttribute, "exception.message"},
    {"error.stack_trace", Place::kAttribute, "exception.stacktrace"},
}};

// What the conventions want for a resource that says nothing of it.
constexpr std::string_view kService = "service.name";
constexpr std::string_view kUnknownService = "unknown_service";

const Mapping* mapping_of(std::string_view key) {
  static const auto* const kByKey = [] {
    auto* by_key = new std::unordered_map<std::string_view, const Mapping*>;
    for (const Mapping& mapping : kMappings) by_key->emplace(mapping.key, &mapping);
    return by_key;
  }();
  const auto found = kByKey->find(key);
  return found == kByKey->end() ? nullptr : found->second;
}

int32_t severity_number(parsers::Level level) {
  switch (level) {
    case parsers::Level::kUnknown:
      return 0;
    case parsers::Level::kTrace:
      return 1;
    case parsers::Level::kDebug:
      return 5;
    case parsers::Level::kInfo:
      return 9;
    case parsers::Level::kWarn:
      return 13;
    case parsers::Level::kError:
      return 17;
    case parsers::Level::kFatal:
      return 21;
  }
  return 0;
}

std::optional<uint8_t> hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<uint8_t>(digit - '0');
  const char lower = static_cast<char>(digit | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<uint8_t>(lower - 'a' + 10);
  return std::nullopt;
}

// The bytes of an id; empty if it is none. All zero is none (W3C Trace Context, 3.2.2).
template <size_t size_bytes>
std::optional<std::array<char, size_bytes>> id_bytes(std::string_view hex) {
  if (hex.size() != 2 * size_bytes) return std::nullopt;
  std::array<char, size_bytes> bytes{};
  bool has_any = false;
  for (size_t i = 0; i < size_bytes; ++i) {
    const auto high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    bytes[i] = static_cast<char>(*high << 4 | *low);
    has_any |= bytes[i] != 0;
  }
  if (!has_any) return std::nullopt;
  return bytes;
}

template <class Bytes>
void add_id(pbf_writer& message, protozero::pbf_tag_type tag, const Bytes& bytes) {
  if (bytes) message.add_bytes(tag, bytes->data(), bytes->size());
}

// "01" as W3C writes it, or a number.
uint32_t flags_of(const parsers::Value& value) {
  if (value.is_number()) return static_cast<uint32_t>(value.integer & 0xff);
  if (value.kind != parsers::ValueKind::kString || value.text.size() != 2) return 0;
  const auto high = hex_digit(value.text[0]), low = hex_digit(value.text[1]);
  return high && low ? static_cast<uint32_t>(*high << 4 | *low) : 0;
}

void add_string(pbf_writer& message, protozero::pbf_tag_type value_tag, std::string_view text) {
  pbf_writer value(message, value_tag);
  value.add_string(kString, text.data(), text.size());
}

void add_attribute(pbf_writer& message, protozero::pbf_tag_type tag, std::string_view name,
                   std::string_view text) {
  pbf_writer attribute(message, tag);
  attribute.add_string(kKey, name.data(), name.size());
  add_string(attribute, kValue, text);
}

// The line is what our own writer made, so that it is JSON: a failure here is a bug.
template <class Result>
auto checked(Result result) {
  CHECK(result.error() == simdjson::SUCCESS);
  return std::move(result).value_unsafe();
}

}  // namespace

class OtlpRecord::Implementation {
 public:
  void bind(const parsers::RecordReader& reader) {
    message_ = reader.field("message");
    logger_ = reader.field("log.logger");
    event_ = reader.field("event.name");
    trace_ = reader.field("trace_id");
    span_ = reader.field("span_id");
    flags_ = reader.field("trace_flags");
  }

  void encode(const parsers::Record& record, std::string_view line, std::string_view record_id,
              std::string& out) {
    group_.clear();
    line_.assign(line);
    line_.append(simdjson::SIMDJSON_PADDING, '\0');
    pbf_writer group(group_);
    pbf_writer message(out);
    add_known(record, message);
    {
      pbf_writer resource(group, kGroupResource);
      has_service_ = false;
      add_attributes(line.size(), message, resource);
      if (!has_service_) add_attribute(resource, kResourceAttributes, kService, kUnknownService);
    }
    add_attribute(message, kAttributes, "log.record.uid", record_id);
    const parsers::Value& logger = record[logger_];
    pbf_writer scope(group, kGroupScope);
    if (logger.is_present()) scope.add_string(kScopeName, logger.text.data(), logger.text.size());
  }

  [[nodiscard]] std::string_view resource_and_scope() const { return group_; }

 private:
  void add_known(const parsers::Record& record, pbf_writer& message) {
    const auto time = static_cast<uint64_t>(record.time_unix_ns());
    message.add_fixed64(record.own_time_unix_ns() ? kTime : kObservedTime, time);
    if (const int32_t number = severity_number(record.level()); number != 0) {
      message.add_enum(kSeverityNumber, number);
      const std::string_view word = parsers::level_name(record.level());
      message.add_string(kSeverityText, word.data(), word.size());
    }
    add_body(record[message_], message);
    if (const uint32_t flags = flags_of(record[flags_]); flags != 0) {
      message.add_fixed32(kFlags, flags);
    }
    add_id(message, kTraceId, id_bytes<16>(record[trace_].text));
    add_id(message, kSpanId, id_bytes<8>(record[span_].text));
    if (const parsers::Value& event = record[event_]; event.is_present()) {
      message.add_string(kEventName, event.text.data(), event.text.size());
    }
  }

  // An object or array is given as its JSON, and what is in an object as attributes, too.
  static void add_body(const parsers::Value& body, pbf_writer& message) {
    if (!body.is_present()) return;
    pbf_writer value(message, kBody);
    switch (body.kind) {
      case parsers::ValueKind::kBool:
        return value.add_bool(kBool, body.integer != 0);
      case parsers::ValueKind::kInteger:
        return value.add_int64(kInt, body.integer);
      case parsers::ValueKind::kDouble:
        return value.add_double(kDouble, body.number);
      default:
        return value.add_string(kString, body.text.data(), body.text.size());
    }
  }

  void add_attributes(size_t line_bytes, pbf_writer& message, pbf_writer& resource) {
    json::document document = checked(parser_.iterate(line_.data(), line_bytes, line_.size()));
    name_.clear();
    add_object(checked(document.get_object()), message, resource);
  }

  void add_object(json::object object, pbf_writer& message, pbf_writer& resource) {
    const size_t prefix_bytes = name_.size();
    for (auto entry : object) {
      json::field field = checked(std::move(entry));
      name_.append(checked(field.unescaped_key()));
      json::value value = field.value();
      if (checked(value.type()) == json::json_type::object &&
          std::ranges::count(name_, '.') < kDepthMax) {
        name_ += '.';
        add_object(checked(value.get_object()), message, resource);
      } else {
        add_field(value, message, resource);
      }
      name_.resize(prefix_bytes);
    }
  }

  void add_field(json::value value, pbf_writer& message, pbf_writer& resource) {
    const Mapping* const mapping = mapping_of(name_);
    if (mapping == nullptr) return add_field(kAttributes, name_, value, message);
    switch (mapping->place) {
      case Place::kNowhere:
        return;
      case Place::kResource:
        has_service_ |= mapping->name == kService;
        return add_field(kResourceAttributes, mapping->name, value, resource);
      case Place::kTrace:
        if (is_id<16>(value)) return;
        break;
      case Place::kSpan:
        if (is_id<8>(value)) return;
        break;
      case Place::kBoth:
        if (checked(value.type()) == json::json_type::string) {
          const std::string_view text = checked(value.get_string());
          add_attribute(message, kAttributes, name_, text);
          return add_attribute(message, kAttributes, mapping->name, text);
        }
        break;
      case Place::kAttribute:
        break;
    }
    add_field(kAttributes, mapping->name, value, message);
  }

  template <size_t size_bytes>
  static bool is_id(json::value value) {
    if (checked(value.type()) != json::json_type::string) return false;
    const std::string_view raw = value.raw_json_token();  // with its quotes, perhaps white space
    return id_bytes<size_bytes>(raw.substr(1, raw.find('"', 1) - 1)).has_value();
  }

  void add_field(protozero::pbf_tag_type tag, std::string_view name, json::value value,
                 pbf_writer& message) {
    if (checked(value.type()) == json::json_type::null) return;
    pbf_writer attribute(message, tag);
    attribute.add_string(kKey, name.data(), name.size());
    pbf_writer any(attribute, kValue);
    add_any(value, any, 0);
  }

  // null is an AnyValue with nothing in it.
  void add_any(json::value value, pbf_writer& any, int depth) {
    switch (checked(value.type())) {
      case json::json_type::array:
        if (depth < kDepthMax) return add_array(value, any, depth);
        return add_raw(checked(checked(value.get_array()).raw_json()), any);
      case json::json_type::object:
        if (depth < kDepthMax) return add_map(value, any, depth);
        return add_raw(checked(checked(value.get_object()).raw_json()), any);
      case json::json_type::number:
        return add_number(value, any);
      case json::json_type::boolean:
        return any.add_bool(kBool, checked(value.get_bool()));
      case json::json_type::string: {
        const std::string_view text = checked(value.get_string());
        return any.add_string(kString, text.data(), text.size());
      }
      default:
        CHECK(checked(value.is_null()));
    }
  }

  // What fits into neither 64 bits nor a double is kept as its digits.
  static void add_number(json::value value, pbf_writer& any) {
    const std::string_view digits = value.raw_json_token();
    int64_t integer = 0;
    if (value.get_int64().get(integer) == simdjson::SUCCESS) return any.add_int64(kInt, integer);
    double number = 0;
    const bool is_written_as_integer = digits.find_first_of(".eE") == std::string_view::npos;
    if (!is_written_as_integer && value.get_double().get(number) == simdjson::SUCCESS) {
      return any.add_double(kDouble, number);
    }
    const size_t end = digits.find_first_not_of("+-.0123456789eE");
    any.add_string(kString, digits.data(), std::min(end, digits.size()));
  }

  // protozero leaves a message out in which nothing was written, so that what is empty is said.
  void add_array(json::value value, pbf_writer& any, int depth) {
    json::array items = checked(value.get_array());
    if (checked(items.is_empty())) return any.add_message(kArray, "", 0);
    pbf_writer array(any, kArray);
    for (auto entry : items) {
      json::value item = checked(std::move(entry));
      if (checked(item.type()) == json::json_type::null) {
        array.add_message(kItems, "", 0);
      } else {
        pbf_writer item_value(array, kItems);
        add_any(item, item_value, depth + 1);
      }
    }
  }

  void add_map(json::value value, pbf_writer& any, int depth) {
    json::object entries = checked(value.get_object());
    if (checked(entries.is_empty())) return any.add_message(kMap, "", 0);
    pbf_writer map(any, kMap);
    for (auto entry : entries) {
      json::field field = checked(std::move(entry));
      pbf_writer pair(map, kItems);
      const std::string_view key = checked(field.unescaped_key());
      pair.add_string(kKey, key.data(), key.size());
      pbf_writer item_value(pair, kValue);
      add_any(field.value(), item_value, depth + 1);
    }
  }

  static void add_raw(std::string_view text, pbf_writer& any) {
    any.add_string(kString, text.data(), text.size());
  }

  parsers::FieldIndex message_ = 0, logger_ = 0, event_ = 0, trace_ = 0, span_ = 0, flags_ = 0;
  json::parser parser_;
  std::string line_;   // with simdjson's padding
  std::string name_;   // of the field that is looked at, with the names of the objects around it
  std::string group_;  // resource and scope
  bool has_service_ = false;
};

OtlpRecord::OtlpRecord() : implementation_(std::make_unique<Implementation>()) {}
OtlpRecord::~OtlpRecord() = default;

std::vector<std::string> OtlpRecord::field_names() {
  return {"message", "log.logger", "event.name", "trace_id", "span_id", "trace_flags"};
}

void OtlpRecord::bind(const parsers::RecordReader& reader) {
  implementation_->bind(reader);
}

void OtlpRecord::encode(const parsers::Record& record, std::string_view line,
                        std::string_view record_id, std::string& out) {
  implementation_->encode(record, line, record_id, out);
}

std::string_view OtlpRecord::resource_and_scope() const {
  return implementation_->resource_and_scope();
}

}  // namespace sawlog::outputs
