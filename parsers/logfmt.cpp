#include "parsers/logfmt.h"

#include <algorithm>
#include <array>

#include "parsers/json_walker.h"

namespace sawlog::parsers {

namespace {

bool is_key_letter(char c) {
  return static_cast<uint8_t>(c) > ' ' && c != '=' && c != '"';
}

}  // namespace

bool LogfmtReader::read(std::string_view line) {
  constexpr auto kLoggers = std::to_array<std::string_view>(
      {"level", "lvl", "severity", "msg", "message", "event", "ts", "time", "timestamp"});
  pairs_.clear();
  unescaped_.clear();
  unescaped_.reserve(line.size());  // so that views of it stay good
  bool has_flag = false;
  bool has_logger_key = false;
  size_t valued = 0;
  while (!line.empty()) {
    if (line[0] == ' ') {
      line.remove_prefix(1);
      continue;
    }
    LogfmtPair pair;
    size_t size = 0;
    while (size < line.size() && is_key_letter(line[size])) ++size;
    if (size == 0 || pairs_.size() == kPairsMax) return false;
    pair.key = line.substr(0, size);
    line.remove_prefix(size);
    if (!line.starts_with('=')) {
      if (!line.empty() && line[0] != ' ') return false;
      pair.is_flag = has_flag = true;
    } else {
      line.remove_prefix(1);
      if (line.starts_with('"')) {
        if (!read_quoted(line, pair.value)) return false;
      } else {
        pair.value = line.substr(0, line.find(' '));
        line.remove_prefix(pair.value.size());
      }
      ++valued;
      has_logger_key = has_logger_key || std::ranges::find(kLoggers, pair.key) != kLoggers.end();
    }
    pairs_.push_back(pair);
  }
  is_certain_ = !has_flag && has_logger_key;
  return valued >= 2;
}

bool LogfmtReader::read_quoted(std::string_view& rest, std::string_view& value) {
  bool has_escapes = false;
  size_t end = 1;
  for (; end < rest.size() && rest[end] != '"'; ++end) {
    if (rest[end] != '\\') continue;
    has_escapes = true;
    ++end;
  }
  if (end >= rest.size()) return false;
  value = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  if (has_escapes && has_json_escapes(value)) {
    const size_t size = unescaped_.size();
    append_unescaped(value, unescaped_);
    value = std::string_view(unescaped_).substr(size);
  }
  return rest.empty() || rest[0] == ' ';
}

}  // namespace sawlog::parsers
