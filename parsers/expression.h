// The language of `where` (sources, outputs, rules of metrics), and of the fields and numbers in
// `labels` and `value`: the same everywhere.
//
//   expression = conjunction { "or" conjunction }
//   conjunction = negation { "and" negation }
//   negation   = "not" negation | "(" expression ")" | condition
//   condition  = "exists" FIELD                      it is there and not null; also exists(FIELD)
//              | FIELD                               it is true, or the text "true"
//              | FIELD ("==" | "!=" | "<" | "<=" | ">" | ">=") literal
//              | FIELD ["not"] "in" "[" literal { "," literal } "]"
//              | FIELD ["not"] "contains" TEXT
//              | FIELD ("=~" | "!~") TEXT            RE2, anywhere in the value
//   literal    = TEXT | NUMBER | "true" | "false" | LEVEL
//   FIELD      = a name with dots (letters, digits, _ @ - .), or any name in `back-quotes`
//   TEXT       = 'in quotes' or "in quotes", with \\ \' \" \n \r \t; in a regular expression only
//                the quote itself is escaped, all other backslashes are RE2's
//   NUMBER     = 12, -0.5, 1e3, with a unit: ns us ms s m h d, B kB MB GB TB KiB MiB GiB TiB, %
//   LEVEL      = trace debug info warn error fatal (or another word for one), only beside a level
//
//   level >= warn and http.route != "/health"
//   event.duration > 500ms or http.response.status_code in [500, 502, 503]
//
// What it means
//   * A field is read as RecordReader reads it: canonical names with their aliases, both spellings.
//     level is log.level; it is compared by severity, whatever the service calls it.
//   * A field that is absent or null makes every condition false, and so != , !~ and "not" true.
//   * A number compares with a number, or with a text that wholly is one; anything else is unequal
//     and neither less nor greater. Texts are compared byte by byte.
//   * Times are in ns for event.duration. Another field says its unit by its end (_s, _ms, …)
//     or has no unit: then a time beside it is a mistake. Sizes are bytes, % is 1/100.
//
// Compiled once; matches() allocates nothing, takes time linear in the values it reads, and never
// fails. Limits: kTextBytesMax, kDepthMax. Immutable after compile(): any thread may evaluate.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "parsers/record.h"

namespace sawlog::parsers {

class Expression {
 public:
  static constexpr size_t kTextBytesMax = 16u << 10;
  static constexpr size_t kDepthMax = 64;  // of parentheses and nots

  // fields: what the records must be read for (the names of a RecordReader). Those that are missing
  // are added; the expression is good for readers whose names begin with fields as it is then.
  // kInvalid: "column N: what is wrong", N in bytes, from 1.
  [[nodiscard]] static base::Expected<Expression> compile(std::string_view text,
                                                          std::vector<std::string>& fields);
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;

  [[nodiscard]] bool matches(const Record& record) const;

 private:
  struct Program;
  friend class ExpressionParser;
  explicit Expression(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

// What stands for a label or a value of a metric: a field, or a number.
struct Operand {
  std::string field;  // "" for a number; level is log.level
  double number = 0;
};
[[nodiscard]] base::Expected<Operand> parse_operand(std::string_view text);

}  // namespace sawlog::parsers
