// The tokens of an expression (parsers/expression.h) or of a condition over figures
// (parsers/figure_condition.h), with their places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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

// What each parser of tokens asks: which token is next, and whether it is one that may come.
class ExpressionTokenReader {
 protected:
  explicit ExpressionTokenReader(std::vector<ExpressionToken> tokens)
      : tokens_(std::move(tokens)) {}

  [[nodiscard]] const ExpressionToken& now() const { return tokens_[next_]; }
  const ExpressionToken& take() { return tokens_[next_++]; }
  bool take_word(std::string_view word);
  bool take_sign(std::string_view sign);
  // "expected WANTED, found …", at the next token.
  [[nodiscard]] tl::unexpected<base::Error> unexpected_token(std::string_view wanted) const;

  const std::vector<ExpressionToken> tokens_;
  size_t next_ = 0;
};

}  // namespace sawlog::parsers
