#include "parsers/line_translator.h"

#include <algorithm>

#include "lib/base/check.h"
#include "lib/base/json_encode.h"
#include "parsers/json_walker.h"
#include "parsers/line_edits.h"
#include "parsers/stack_trace.h"
#include "parsers/textual_time.h"
#include "parsers/trace_reader.h"

namespace sawlog::parsers {

namespace {

// RFC 5424 section 6.2.1: the severity is the priority's last three bits.
std::string_view severity_of(std::string_view priority) {
  constexpr std::array<std::string_view, 8> kSeverities = {"emerg", "alert",  "crit", "err",
                                                           "warn",  "notice", "info", "debug"};
  Value value;
  if (!number_value(priority, value)) return {};
  return kSeverities[static_cast<size_t>(value.integer) % kSeverities.size()];
}

std::string_view first_line(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool is_json_number(std::string_view text) {
  Value value;
  return number_value(text, value);
}

}  // namespace

LineTranslator::LineTranslator(const SourceContext& source)
    : format_(source.format), json_reader_({}, Purpose::kFields) {
  if (format_ == LineFormat::kRegex) {
    auto pattern = TextShape::compile(source.pattern);
    CHECK(pattern.has_value());  // the configuration was checked
    pattern_.emplace(*std::move(pattern));
  } else if (format_ != LineFormat::kLogfmt) {
    shapes_.emplace();
  }
}

void LineTranslator::translate(Chunk& chunk) {
  has_inferred_year_ = false;
  if (!chunk.has_text) return;
  file_unix_ns_ = chunk.file_unix_ns;
  clear_buffer(bytes_);
  lines_.clear();
  const bool has_origins = !chunk.origins.empty();
  if (!has_origins) origins_.clear();
  for (const Line& line : chunk.lines) {
    Line made = line;
    made.begin = static_cast<uint32_t>(bytes_.size());
    const LineOrigin origin =
        has_origins ? chunk.origins[line.origin] : LineOrigin{line.begin, line.size_bytes, {}, {}};
    if (line.is_cut()) {
      bytes_ += chunk.text(line);
    } else {
      append(chunk.text(line), origin);
    }
    made.size_bytes = static_cast<uint32_t>(bytes_.size()) - made.begin;
    if (!line.is_cut()) made.original_size_bytes = made.size_bytes;
    bytes_ += '\n';
    made.next = static_cast<uint32_t>(bytes_.size());
    made.origin = has_origins ? line.origin : static_cast<uint32_t>(lines_.size());
    lines_.push_back(made);
    if (!has_origins) origins_.push_back(origin);
  }
  const size_t size_bytes = bytes_.size();
  bytes_.append(kPaddingBytes, '\0');
  if (!has_origins) {
    chunk.raw = chunk.bytes;
    chunk.origins = origins_;
  }
  chunk.bytes = std::string_view(bytes_).substr(0, size_bytes);
  chunk.lines = lines_;
}

void LineTranslator::append(std::string_view text, const LineOrigin& origin) {
  if (append_json(text, origin)) return;
  object_ = '{';
  append_envelope(origin);
  bool is_known = format_ == LineFormat::kRegex && append_pattern(text);
  is_known = is_known || (shapes_ && append_shape(text));
  is_known = is_known || (format_ != LineFormat::kPlain && append_logfmt(text));
  is_known = is_known || append_trace(text);
  if (!is_known && origin.time.empty()) {
    bytes_ += text;
    return;
  }
  if (!is_known) append_text("message", text);
  object_.back() = '}';  // the last comma
  bytes_ += object_;
}

// Text that is a JSON object already, also of several lines.
bool LineTranslator::append_json(std::string_view text, const LineOrigin& origin) {
  if (!is_json_line(text)) return false;
  if (origin.time.empty() && text.find('\n') == std::string_view::npos) {
    bytes_ += text;
    return true;
  }
  const size_t begin = bytes_.size();
  object_ = '{';
  append_envelope(origin);
  object_ += text.substr(1);
  if (object_.size() > text.size() && text.find_first_not_of(" \t", 1) != std::string_view::npos &&
      text[text.find_first_not_of(" \t\r\n", 1)] == '}') {
    object_.erase(object_.rfind(',', object_.size() - text.size() + 1), 1);
  }
  std::ranges::replace(object_, '\n', ' ');
  if (!is_object(object_)) {
    bytes_.resize(begin);
    return false;
  }
  bytes_ += object_;
  return true;
}

bool LineTranslator::is_object(std::string_view text) {
  std::string padded(text);
  padded.append(kPaddingBytes, '\0');
  const SourceContext source;
  Line line;
  line.size_bytes = static_cast<uint32_t>(text.size());
  line.original_size_bytes = line.size_bytes;
  line.next = line.size_bytes;
  Chunk chunk;
  chunk.source = &source;
  chunk.bytes = std::string_view(padded).substr(0, text.size());
  chunk.lines = {&line, 1};
  json_reader_.start(chunk);
  return json_reader_.next()->shape() == Shape::kJson;
}

bool LineTranslator::append_pattern(std::string_view text) {
  if (!pattern_->matches(text, values_)) return false;
  append_fields(pattern_->fields());
  return true;
}

bool LineTranslator::append_shape(std::string_view text) {
  const std::string_view line = first_line(text);
  const TextShapes::Known* const known = shapes_->find(line, values_);
  if (known == nullptr) return false;
  const std::vector<ShapeField>& fields = known->shape.fields();
  std::string_view message = line;
  bool has_level = false;
  for (size_t i = 0; i < fields.size(); ++i) {
    const ShapeField& field = fields[i];
    if (field.name == "message") {
      message = values_[i];
      continue;
    }
    if (values_[i].empty()) continue;
    append_field(field, values_[i]);
    if (field.name == "log.syslog.priority") append_text("log.level", severity_of(values_[i]));
    has_level = has_level || field.name == "level" || field.name == "log.syslog.priority";
  }
  if (!known->event_name.empty()) append_text("event.name", known->event_name);
  const size_t rest = std::min(text.find('\n'), text.size());
  append_message(message, text.substr(std::min(rest + 1, text.size())), has_level);
  return true;
}

bool LineTranslator::append_logfmt(std::string_view text) {
  const std::string_view line = first_line(text);
  if (!logfmt_.read(line) || (format_ != LineFormat::kLogfmt && !logfmt_.is_certain()))
    return false;
  std::string_view message;
  for (const LogfmtPair& pair : logfmt_.pairs()) {
    if (pair.is_flag) {
      base::append_json_string(object_, pair.key);
      object_ += ":true,";
    } else if (pair.key == "msg" || pair.key == "message") {
      message = pair.value;
    } else {
      append_text(pair.key, pair.value);
    }
  }
  const size_t rest = std::min(text.find('\n'), text.size());
  if (rest < text.size() || !message.empty())
    append_message(message, text.substr(std::min(rest + 1, text.size())), true);
  return true;
}

// A trace without a line of the log before it.
bool LineTranslator::append_trace(std::string_view text) {
  StackTrace trace;
  if (!find_stack_trace(text, trace)) return false;
  append_text("log.level", trace.is_fatal ? "fatal" : "error");
  append_text("message", trace.begin == 0 ? trace.summary : text.substr(0, trace.begin - 1));
  append_text("error.type", trace.type);
  if (!trace.message.empty()) append_text("error.message", trace.message);
  append_text("error.stack_trace", text.substr(trace.begin));
  return true;
}

// rest: the lines behind the first.
void LineTranslator::append_message(std::string_view message, std::string_view rest,
                                    bool has_level) {
  StackTrace trace;
  const bool has_trace = !rest.empty() && find_stack_trace(rest, trace);
  std::string whole(message);
  const std::string_view more =
      has_trace ? rest.substr(0, trace.begin == 0 ? 0 : trace.begin - 1) : rest;
  if (!more.empty()) whole.append("\n").append(more);
  if (!has_level && has_trace) append_text("log.level", "error");
  append_text("message", whole);
  if (!has_trace) return;
  append_text("error.type", trace.type);
  if (!trace.message.empty()) append_text("error.message", trace.message);
  append_text("error.stack_trace", rest.substr(trace.begin));
}

void LineTranslator::append_fields(const std::vector<ShapeField>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!values_[i].empty()) append_field(fields[i], values_[i]);
  }
}

void LineTranslator::append_field(const ShapeField& field, std::string_view value) {
  if (field.name == "time" || field.name == "timestamp") return append_time(value);
  if (field.name == "level") return append_text("log.level", value);
  if (field.name == "logger") return append_text("log.logger", value);
  if (!field.is_number || !is_json_number(value)) return append_text(field.name, value);
  base::append_json_string(object_, field.name);
  object_ += ':';
  object_ += value;
  object_ += ',';
}

void LineTranslator::append_envelope(const LineOrigin& origin) {
  if (origin.time.empty()) return;
  append_text("event.created", origin.time);
  append_text("log.iostream", origin.stream);
}

// What cannot be read stays as it is, and is counted like any other time that cannot be read.
void LineTranslator::append_time(std::string_view text) {
  Timestamp time;
  bool is_read = timestamps_.parse(text, time);
  if (!is_read) {
    TextualTime textual;
    is_read = textual.read(text, file_unix_ns_) && timestamps_.parse(textual.rfc3339(), time);
    has_inferred_year_ = has_inferred_year_ || (is_read && textual.is_year_inferred());
  }
  if (!is_read) return append_text("@timestamp", text);
  object_ += "\"@timestamp\":";
  append_quoted_time(object_, time.unix_ns);
  object_ += ',';
}

void LineTranslator::append_text(std::string_view name, std::string_view value) {
  base::append_json_string(object_, name);
  object_ += ':';
  base::append_json_string(object_, value);
  object_ += ',';
}

}  // namespace sawlog::parsers
