#include "outputs/loki_streams.h"

#include <algorithm>

#include "lib/base/json_encode.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kOverflowLabels = "{service_name=\"__overflow__\"}";

std::string with_underscores(std::string_view field) {
  std::string name(field);
  for (char& letter : name) {
    const bool is_allowed = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                            (letter >= '0' && letter <= '9') || letter == '_';
    if (!is_allowed) letter = '_';
  }
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') name.insert(name.begin(), '_');
  return name;
}

// Not in the middle of a UTF-8 sequence.
std::string_view cut(std::string_view value, size_t bytes_max) {
  if (value.size() <= bytes_max) return value;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return value.substr(0, end);
}

bool is_scalar(const parsers::Value& value) {
  return value.is_present() && value.kind != parsers::ValueKind::kObject &&
         value.kind != parsers::ValueKind::kArray;
}

}  // namespace

std::string loki_label_name(std::string_view field) {
  return field == "log.level" ? "level" : with_underscores(field);
}

std::string loki_metadata_name(std::string_view field) {
  return with_underscores(field);
}

LokiField::LokiField(std::string name, parsers::FieldIndex index, std::string_view host_name)
    : name_(std::move(name)),
      index_(index),
      special_(name_ == "log.level"       ? Special::kLevel
               : name_ == "host.name"     ? Special::kHostName
               : name_ == "log.file.path" ? Special::kFilePath
                                          : Special::kNone),
      host_name_(host_name) {}

std::string_view LokiField::value(const parsers::Chunk& chunk,
                                  const parsers::Record& record) const {
  if (special_ == Special::kLevel && record.level() != parsers::Level::kUnknown) {
    return parsers::level_name(record.level());
  }
  if (is_scalar(record[index_])) return record[index_].text;
  for (const auto& [label, value] : chunk.source->labels) {
    if (label == name_) return value;
  }
  if (special_ == Special::kHostName) return host_name_;
  if (special_ == Special::kFilePath) return chunk.path;
  return "";
}

LokiStreams::LokiStreams(const std::vector<std::string>& names, const parsers::RecordReader& reader,
                         std::string_view host_name, size_t streams_max)
    : streams_max_(streams_max), limit_(streams_max) {
  for (const std::string& name : names) {
    const std::string label = loki_label_name(name);
    labels_.push_back({label, "label_" + label, LokiField(name, reader.field(name), host_name)});
  }
  std::ranges::sort(labels_, {}, &Label::name);
}

uint32_t LokiStreams::group_of(const parsers::Chunk& chunk, const parsers::Record& record,
                               BatchBuilder& builder, std::vector<LokiMetadata>& metadata) {
  // A time ahead of the clock is wrong, and would end all days to come.
  if (limit_.begin_day(std::min(record.time_unix_ns(), chunk.first_read_unix_ns))) {
    known_.clear();
    is_overflow_told_ = false;
  }
  key_.clear();
  for (const Label& label : labels_) {
    const std::string_view value = cut(label.field.value(chunk, record), kValueBytesMax);
    const auto size = static_cast<uint16_t>(value.size());
    key_.append(reinterpret_cast<const char*>(&size), sizeof(size));
    key_ += value;
  }
  auto known = known_.find(std::string_view(key_));
  if (known == known_.end()) {
    if (known_.size() >= kRememberedMax) known_.clear();
    known = known_.emplace(key_, make_stream(chunk, record)).first;
  }
  Known& stream = known->second;
  if (stream.is_overflow) {
    ++overflow_lines_;
    for (const Label& label : labels_) {
      const std::string_view value = cut(label.field.value(chunk, record), kValueBytesMax);
      if (!value.empty()) metadata.emplace_back(label.overflow_name, value);
    }
  }
  if (stream.batch_number != builder.batch_number()) {
    stream.batch_number = builder.batch_number();
    stream.group = builder.add_group(stream.labels);
  }
  return stream.group;
}

LokiStreams::Known LokiStreams::make_stream(const parsers::Chunk& chunk,
                                            const parsers::Record& record) {
  std::string labels = labels_text(chunk, record);
  if (limit_.admits(labels)) return {std::move(labels)};
  if (!std::exchange(is_overflow_told_, true)) {
    notices_.push_back("more than " + std::to_string(streams_max_) +
                       " label sets today: records with others go to the stream " +
                       std::string(kOverflowLabels) + "; the first is " + labels);
  }
  return {std::string(kOverflowLabels), true};
}

std::string LokiStreams::labels_text(const parsers::Chunk& chunk,
                                     const parsers::Record& record) const {
  std::string labels = "{";
  for (const Label& label : labels_) {
    const std::string_view value = cut(label.field.value(chunk, record), kValueBytesMax);
    if (value.empty()) continue;
    if (labels.size() > 1) labels += ',';
    labels += label.name + "=";
    base::append_json_string(labels, value);  // LogQL reads the same escapes
  }
  if (labels.size() == 1) labels += "service_name=\"unknown_service\"";
  return labels + "}";
}

}  // namespace sawlog::outputs
