// What the configuration says about the lines of a source.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sawlog::parsers {

// Which part of a source's records is kept (parsers/record_filter.h).
struct SampleRules {
  double rate = 1;                      // 0 … 1; 1 keeps all
  std::string by;                       // a field; "": every record for itself
  std::string keep = "level >= error";  // an expression: these are kept in any case
  bool operator==(const SampleRules&) const = default;
};

enum class LineFormat : uint8_t {
  kAuto,    // each line as what it is: JSON, logfmt, a container's, one of the known shapes of text
  kJson,    // only JSON; all else is text
  kLogfmt,  // JSON or logfmt
  kCri,     // a container's: CRI, or Docker's JSON; its content as with kAuto
  kRegex,   // the source's own pattern
  kPlain,   // JSON or one of the known shapes of text
};
enum class Multiline : uint8_t {
  kNone,
  kAuto,   // indented lines and stack traces belong to the record before them
  kStart,  // a record begins with each line that matches
};

enum class RedactKind : uint8_t { kEmail, kCard, kIp, kToken, kPattern };

// What is masked (parsers/redactor.h).
struct RedactRule {
  RedactKind kind = RedactKind::kPattern;
  std::string pattern = {};            // of kPattern: RE2
  std::string replace = "[redacted]";  // of kPattern
  bool operator==(const RedactRule&) const = default;
};

// Lives as long as the process; a reload may change it in place, while nobody reads.
struct SourceContext {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  // the agent's labels, then the source's
  std::vector<std::pair<std::string, std::string>> fields;  // canonical field: its name here
  bool enrich = true;      // host.name, log.file.path and labels are added where a line lacks them
  std::string where = {};  // an expression: only these records, for every consumer; "": all
  SampleRules sample = {};
  LineFormat format = LineFormat::kJson;
  std::string pattern = {};  // of kRegex: RE2
  Multiline multiline = Multiline::kNone;
  std::string multiline_start = {};  // of kStart: RE2
  std::vector<RedactRule> redact = {};
};

}  // namespace sawlog::parsers
