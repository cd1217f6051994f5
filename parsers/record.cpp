#include "parsers/record.h"

#include <array>
#include <cmath>

#include "parsers/field_values.h"

namespace sawlog::parsers {

namespace {

constexpr std::array<std::string_view, 7> kLevelNames = {"",     "trace", "debug", "info",
                                                         "warn", "error", "fatal"};

// Up to eight characters as a number, in lower case where they are letters.
constexpr uint64_t packed(std::string_view word) {
  uint64_t value = 0;
  for (const char c : word) value = value << 8 | (static_cast<uint8_t>(c) | 0x20u);
  return value;
}

Level level_of_short_word(uint64_t word) {
  switch (word) {
    case packed("trace"):
    case packed("verbose"):
    case packed("finest"):
    case packed("finer"):
    case packed("trc"):
    case packed("t"):
      return Level::kTrace;
    case packed("debug"):
    case packed("dbg"):
    case packed("fine"):
    case packed("d"):
      return Level::kDebug;
    case packed("info"):
    case packed("inf"):
    case packed("notice"):
    case packed("config"):
    case packed("i"):
      return Level::kInfo;
    case packed("warn"):
    case packed("warning"):
    case packed("wrn"):
    case packed("w"):
      return Level::kWarn;
    case packed("error"):
    case packed("err"):
    case packed("severe"):
    case packed("e"):
      return Level::kError;
    case packed("fatal"):
    case packed("critical"):
    case packed("crit"):
    case packed("panic"):
    case packed("dpanic"):
    case packed("alert"):
    case packed("emerg"):
    case packed("ftl"):
    case packed("f"):
      return Level::kFatal;
    default:
      return Level::kUnknown;
  }
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != lower_case[i]) return false;
  return true;
}

Level level_of_word(std::string_view word) {
  if (word.size() <= 8) return level_of_short_word(packed(word));
  if (equals_ignoring_case(word, "information")) return Level::kInfo;
  if (equals_ignoring_case(word, "informational")) return Level::kInfo;
  if (equals_ignoring_case(word, "emergency")) return Level::kFatal;
  return Level::kUnknown;
}

Level level_of_number(double number) {
  if (number != std::floor(number)) return Level::kUnknown;
  if (number >= 0 && number <= 7) {
    constexpr std::array<Level, 8> kSyslog = {Level::kFatal, Level::kFatal, Level::kFatal,
                                              Level::kError, Level::kWarn,  Level::kInfo,
                                              Level::kInfo,  Level::kDebug};
    return kSyslog[static_cast<size_t>(number)];
  }
  if (number >= 10 && number <= 60) {  // 35 is a custom level of pino: between info and warn
    constexpr std::array<Level, 7> kPino = {Level::kUnknown, Level::kTrace, Level::kDebug,
                                            Level::kInfo,    Level::kWarn,  Level::kError,
                                            Level::kFatal};
    return kPino[static_cast<size_t>(number) / 10];
  }
  return Level::kUnknown;
}

}  // namespace

std::string_view level_name(Level level) {
  return kLevelNames[static_cast<size_t>(level)];
}

Level level_of(const Value& value) {
  if (value.is_number()) return level_of_number(value.number);
  if (value.kind != ValueKind::kString || value.text.empty()) return Level::kUnknown;
  const Level level = level_of_word(value.text);
  if (level != Level::kUnknown) return level;
  const double number = value.as_number();
  return std::isnan(number) ? Level::kUnknown : level_of_number(number);
}

void Record::read_time() const {
  if (fields_->time_is_unread()) fields_->read_time();
  own_time_.reset();
  if (fields_->has_time()) own_time_ = fields_->time().unix_ns;
  time_is_unreadable_ = !own_time_ && fields_->has_unreadable_time();
  time_is_unread_ = false;
}

}  // namespace sawlog::parsers
