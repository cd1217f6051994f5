#include "parsers/text_shapes.h"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "lib/base/check.h"

namespace sawlog::parsers {

namespace {

// What stands in braces in a pattern.
constexpr auto kParts = std::to_array<std::array<std::string_view, 2>>({
    {"{time}",
     R"~((?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?))~"},
    {"{slash_time}", R"~((?P<time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)?))~"},
    {"{level}",
     R"~((?P<level>(?i:trace|debug|info|notice|warn|warning|error|err|critical|crit|fatal|severe))~"
     R"~(|(?i:alert|emerg|verbose|panic)))~"},
    {"{request}", R"~("(?P<http__request__method>[A-Z]+) (?P<url__path>[^ ?"]*))~"
                  R"~((?:\?(?P<url__query>[^ "]*))?(?: HTTP/(?P<http__version>[\d.]+))?")~"},
    {"{status}", R"~((?P<http__response__status_code>\d{3}))~"},
    {"{place}", R"~((?P<log__origin__file__name>[^\s:\[\]]+):(?P<log__origin__file__line>\d+))~"},
    {"{pid}", R"~((?P<process__pid>\d+))~"},
    {"{thread}", R"~((?P<process__thread__name>[^\]]+))~"},
    {"{program}", R"~((?P<host__name>[\w.:-]+) (?P<service__name>[^\s:\[]+))~"
                  R"~((?:\[(?P<process__pid>\d+)\])?: ?)~"},
    {"{message}", R"~((?P<message>.*)$)~"},
});

struct ShapeText {
  std::string_view name;
  std::string_view event_name;
  std::string_view first;
  std::string_view pattern;
};

constexpr auto kShapes = std::to_array<ShapeText>({
    // nginx combined, Apache, gunicorn's access log; then seconds, and what the operator added
    {"combined", "http.access", "",
     R"~(^(?P<source__address>\S+) \S+ (?P<user__name>\S+) \[(?P<time>[^\]]+)\] )~"
     R"~((?:{request}|"[^"]*") {status} (?P<http__response__body__bytes>\d+|-))~"
     R"~((?: "(?P<http__request__referrer>[^"]*)" "(?P<user_agent__original>[^"]*)")?)~"
     R"~((?: "?(?P<duration_s>\d+\.\d+)"?)?(?: .*)?$)~"},
    // INFO:     127.0.0.1:54321 - "GET /items HTTP/1.1" 200 OK
    {"uvicorn", "http.access", "A",
     R"~(^(?P<level>[A-Z]+): +(?P<source__address>[\w.:\[\]]+):(?P<source__port>\d+) - )~"
     R"~({request} {status}(?: .*)?$)~"},
    // RFC 5424
    {"syslog", "", "<",
     R"~(^<(?P<log__syslog__priority>\d{1,3})>1 (?P<time>\S+) (?P<host__name>\S+) )~"
     R"~((?P<service__name>\S+) (?P<process__pid>\S+) (?P<labels__msgid>\S+) )~"
     R"~((?:-|(?P<labels__structured_data>(?:\[[^\]]*\])+))(?: (?:\x{FEFF})?)?{message})~"},
    // RFC 3164; <34> only on the wire
    {"syslog_bsd", "", "<A",
     R"~(^(?:<(?P<log__syslog__priority>\d{1,3})>)?)~"
     R"~((?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) {program}{message})~"},
    // klog, glog: W1121 07:06:55.123456    1234 file.go:12] text
    {"klog", "", "IWEF",
     R"~(^(?P<level>[IWEF])(?P<time>\d{4} \d\d:\d\d:\d\d\.\d+) +{pid} {place}\] {message})~"},
    // Python's basicConfig, WARNING:root:text; uvicorn, INFO:     text
    {"python_basic", "", "A",
     R"~(^(?P<level>TRACE|DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL):)~"
     R"~((?:(?P<logger>[\w.-]+):| +){message})~"},
    // [2026-11-21 07:06:55 +0000] [1234] [INFO] text
    {"gunicorn", "", "[", R"~(^\[{time}\] \[{pid}\] \[{level}\] {message})~"},
    // [2026-11-21 07:06:55.123] [logger] [info] [file.cpp:12] text
    {"spdlog", "", "[",
     R"~(^\[{time}\] (?:\[(?P<logger>[^\]]*)\] )?\[{level}\] (?:\[{place}\] )?{message})~"},
    // [2026-11-21T07:06:55Z INFO  module] text
    {"env_logger", "", "[", R"~(^\[{time} {level} +(?P<logger>[^\]]+)\] {message})~"},
    // 2026-11-21T07:06:55.123Z  INFO 1234 --- [app] [main] c.f.Bar : text
    {"spring", "", "0",
     R"~(^{time} +{level} +{pid} --- (?:\[[^\]]*\] )?\[ *{thread}\] (?P<logger>\S+) *: )~"
     R"~({message})~"},
    // log4j and logback, … [main] INFO  com.foo.Bar - text, or level and thread the other way
    {"log4j", "", "0",
     R"~(^{time} \[{thread}\] {level} +(?P<logger>[\w.$\[\]/-]+)(?: +-|:) {message})~"},
    {"log4j_level_first", "", "0",
     R"~(^{time} +{level} +\[{thread}\] (?P<logger>[\w.$/-]+)(?: +-|:) {message})~"},
    // … | INFO     | module:function:12 - text
    {"loguru", "", "0",
     R"~(^{time} \| {level} +\| (?P<logger>[^\s:]+):(?P<log__origin__function>[^\s:]+):)~"
     R"~((?P<log__origin__file__line>\d+) - {message})~"},
    // Python: … - name - INFO - text; … [INFO] name: text; … INFO name: text; … INFO text
    {"python", "", "0", R"~(^{time} - (?P<logger>\S+) - {level} - {message})~"},
    {"level_logger", "", "0",
     R"~(^{time} +\[?{level}\]? +(?P<logger>[A-Za-z_$][\w.$/-]*)(?::| -) {message})~"},
    {"level", "", "0", R"~(^{time} +(?:- )?\[?{level}\]?:?(?: -)? +{message})~"},
    // 2026/11/21 07:06:55 [error] 12#34: *1 text
    {"nginx_error", "", "0", R"~(^{slash_time} \[{level}\] {pid}#\d+: {message})~"},
    // Go's log package
    {"go", "", "0", R"~(^{slash_time} (?:{place}: )?{message})~"},
    // rsyslog's files: 2026-11-21T07:06:55.123456+00:00 host app[12]: text
    {"rsyslog", "", "0",
     R"~(^(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)) {program}{message})~"},
    {"time", "", "0", R"~(^{time} +(?:[-|] )?{message})~"},
    {"bracketed_time", "", "[", R"~(^\[{time}\] {message})~"},
});

constexpr auto kNumbers = std::to_array<std::string_view>(
    {"http.response.status_code", "http.response.body.bytes", "source.port", "process.pid",
     "log.syslog.priority", "log.origin.file.line", "duration_s"});

bool may_begin(std::string_view first, char letter) {
  if (first.empty() || first.find(letter) != std::string_view::npos) return true;
  const char kind = letter >= '0' && letter <= '9' ? '0' : 'A';
  const bool is_kind = kind == '0' || (letter >= 'A' && letter <= 'Z');
  return is_kind && first.find(kind) != std::string_view::npos;
}

std::string with_parts(std::string_view text) {
  std::string pattern(text);
  for (const auto& [name, part] : kParts) {
    for (size_t at = pattern.find(name); at != std::string::npos; at = pattern.find(name))
      pattern.replace(at, name.size(), part);
  }
  return pattern;
}

std::string field_name(std::string_view group) {
  std::string name;
  for (size_t i = 0; i < group.size(); ++i) {
    const bool is_dot = group.substr(i, 2) == "__";
    name += is_dot ? '.' : group[i];
    if (is_dot) ++i;
  }
  return name;
}

}  // namespace

TextShape::TextShape() = default;
TextShape::~TextShape() = default;
TextShape::TextShape(TextShape&&) noexcept = default;
TextShape& TextShape::operator=(TextShape&&) noexcept = default;

base::Expected<TextShape> TextShape::compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  TextShape shape;
  auto compiled =
      std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) return base::unexpected(base::ErrorCode::kInvalid, compiled->error());
  for (const auto& [group, name] : compiled->CapturingGroupNames()) {
    const std::string field = field_name(name);
    shape.fields_.push_back({field, std::ranges::find(kNumbers, field) != kNumbers.end()});
    shape.groups_.push_back(group);
  }
  if (shape.fields_.empty())
    return base::unexpected(base::ErrorCode::kInvalid, "it has no named group: (?P<name>…)");
  shape.pattern_ = std::move(compiled);
  return shape;
}

bool TextShape::matches(std::string_view line, std::vector<std::string_view>& values) const {
  constexpr int kGroupsMax = 32;
  std::array<re2::StringPiece, kGroupsMax> groups;
  const int count = std::min(pattern_->NumberOfCapturingGroups() + 1, kGroupsMax);
  if (!pattern_->Match({line.data(), line.size()}, 0, line.size(), re2::RE2::UNANCHORED,
                       groups.data(), count))
    return false;
  values.clear();
  for (const int group : groups_) {
    const bool is_known = group < count && groups[static_cast<size_t>(group)].data() != nullptr;
    const re2::StringPiece text =
        is_known ? groups[static_cast<size_t>(group)] : re2::StringPiece();
    values.emplace_back(text == "-" ? std::string_view()
                                    : std::string_view(text.data(), text.size()));
  }
  return true;
}

TextShapes::TextShapes() {
  for (const ShapeText& text : kShapes) {
    auto shape = TextShape::compile(with_parts(text.pattern));
    CHECK(shape.has_value());
    shapes_.push_back({text.name, text.event_name, text.first, *std::move(shape)});
  }
}

const TextShapes::Known* TextShapes::find(std::string_view line,
                                          std::vector<std::string_view>& values) const {
  constexpr size_t kLineBytesMin = 8;
  if (line.size() < kLineBytesMin) return nullptr;
  for (const Known& known : shapes_) {
    if (may_begin(known.first, line[0]) && known.shape.matches(line, values)) return &known;
  }
  return nullptr;
}

}  // namespace sawlog::parsers
