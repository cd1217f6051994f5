#include "outputs/pretty_line.h"

#include "lib/base/json_encode.h"
#include "lib/base/printable.h"

namespace sawlog::outputs {
namespace {

constexpr std::string_view kMessage = "message";
constexpr std::string_view kService = "service.name";
constexpr std::string_view kLogger = "log.logger";

constexpr std::string_view kDim = "\033[2m";
constexpr std::string_view kReset = "\033[0m";

std::string_view color_of(parsers::Level level) {
  switch (level) {
    case parsers::Level::kFatal:
    case parsers::Level::kError:
      return "\033[31m";
    case parsers::Level::kWarn:
      return "\033[33m";
    case parsers::Level::kInfo:
      return "\033[32m";
    default:
      return kDim;
  }
}

std::string_view word_of(parsers::Level level) {
  switch (level) {
    case parsers::Level::kTrace:
      return "TRACE";
    case parsers::Level::kDebug:
      return "DEBUG";
    case parsers::Level::kInfo:
      return "INFO ";
    case parsers::Level::kWarn:
      return "WARN ";
    case parsers::Level::kError:
      return "ERROR";
    case parsers::Level::kFatal:
      return "FATAL";
    case parsers::Level::kUnknown:
      return "-    ";
  }
  return "-    ";
}

// "2026-11-21 07:06:55.123"; 0 is no time.
void append_time(int64_t unix_ns, std::string& out) {
  if (unix_ns == 0) {
    out.append("-").append(22, ' ');
    return;
  }
  const size_t begin = out.size();
  base::append_rfc3339(out, unix_ns);
  out[begin + 10] = ' ';
  out.resize(begin + 23);
}

}  // namespace

PrettyLine::PrettyLine(bool has_color, std::vector<std::string> details)
    : has_color_(has_color), details_(std::move(details)) {}

std::vector<std::string> PrettyLine::default_details() {
  return {"event.name", "http.request.method", "http.route",   "http.response.status_code",
          "trace_id",   "error.type",          "error.message"};
}

std::vector<std::string> PrettyLine::field_names() const {
  std::vector<std::string> names = {std::string(kMessage), std::string(kService),
                                    std::string(kLogger)};
  names.insert(names.end(), details_.begin(), details_.end());
  return names;
}

void PrettyLine::bind(const parsers::RecordReader& reader) {
  message_ = reader.field(kMessage);
  service_ = reader.field(kService);
  logger_ = reader.field(kLogger);
  for (const std::string& name : details_) detail_fields_.push_back(reader.field(name));
}

void PrettyLine::append(const parsers::Record& record, std::string& out) const {
  std::string time;
  append_time(record.time_unix_ns(), time);
  append_colored(kDim, time, out);
  out += ' ';
  append_colored(color_of(record.level()), word_of(record.level()), out);
  out += ' ';
  const parsers::Value& logger = record[logger_];
  const parsers::Value& origin = logger.is_present() ? logger : record[service_];
  if (origin.is_present()) {
    base::append_printable(out, origin.text);
    out += "  ";
  }
  const parsers::Value& message = record[message_];
  // A JSON line without a text is shown as it is.
  base::append_printable(out, message.is_present() ? message.text : record.raw());
  if (message.is_present() && record.shape() == parsers::Shape::kJson) {
    for (size_t i = 0; i < details_.size(); ++i) {
      const parsers::Value& value = record[detail_fields_[i]];
      if (!value.is_present()) continue;
      out += "  ";
      append_colored(kDim, details_[i] + "=", out);
      base::append_printable(out, value.text);
    }
  }
  out += '\n';
}

void PrettyLine::append_colored(std::string_view color, std::string_view text,
                                std::string& out) const {
  if (has_color_) out += color;
  out += text;
  if (has_color_) out += kReset;
}

}  // namespace sawlog::outputs
