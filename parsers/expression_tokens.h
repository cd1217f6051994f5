// The tokens of an expression (parsers/expression.h) or of a condition over figures
// (parsers/figure_condition.h), with their places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace sawlog::parsers {

enum class NumberUnit : uint8_t { kNone, kTime, kSize, kPercent };

struct ExpressionToken {
  enum class Kind : uint8_t { kName, kText, kNumber, kSign, kEnd };
  Kind kind = Kind::kEnd;
  size_t column = 1;  // in bytes, from 1
  // Of a name without its back-quotes, of a text what it stands for; of anything else as written.
  std::string text;
  std::string raw_text;  // of a text: only its quotes are unescaped, for regular expressions
  bool is_quoted = false;
  double number = 0;  // of a number: in ns, bytes, or as it is
  NumberUnit unit = NumberUnit::kNone;

  [[nodiscard]] bool is_sign(std::string_view sign) const {
    return kind == Kind::kSign && text == sign;
  }
  // A word that is not in back-quotes.
  [[nodiscard]] bool is_word(std::string_view word) const {
    return kind == Kind::kName && !is_quoted && text == word;
  }
};

enum class ExpressionDialect : uint8_t {
  kRecords,
  kFigures,  // also + - * / { } and =; names have no dots, dashes or @, but colons
};

// The last one is kEnd.
[[nodiscard]] base::Expected<std::vector<ExpressionToken>> tokens_of(
    std::string_view text, ExpressionDialect dialect = ExpressionDialect::kRecords);

// 'text', for messages.
[[nodiscard]] std::string in_quotes(std::string_view text);
// "column N: what".
[[nodiscard]] tl::unexpected<base::Error> mistake_at(size_t column, std::string_view what);

}  // namespace sawlog::parsers
