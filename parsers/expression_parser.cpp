#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <re2/re2.h>

#include "parsers/expression.h"
#include "parsers/expression_program.h"
#include "parsers/expression_tokens.h"
#include "parsers/field_aliases.h"

namespace sawlog::parsers {

namespace {

using Kind = ExpressionToken::Kind;
using Step = ExpressionStep;
using Literal = ExpressionLiteral;

constexpr std::string_view kLevelField = "log.level";

std::string canonical(const ExpressionToken& name) {
  return name.is_word("level") ? std::string(kLevelField) : name.text;
}

// How many ns the field's unit is, if it has one.
std::optional<double> unit_ns(std::string_view field) {
  if (field == "event.duration" || field.ends_with("_ns")) return 1;
  switch (duration_use(field)) {
    case AliasUse::kSeconds:
      return 1e9;
    case AliasUse::kMilliseconds:
      return 1e6;
    case AliasUse::kMicroseconds:
      return 1e3;
    default:
      return std::nullopt;
  }
}

std::optional<Step::Kind> comparison(const ExpressionToken& token) {
  constexpr std::array<std::pair<std::string_view, Step::Kind>, 6> kComparisons = {
      {{"==", Step::Kind::kEqual},
       {"!=", Step::Kind::kEqual},
       {"<", Step::Kind::kLess},
       {"<=", Step::Kind::kLessOrEqual},
       {">", Step::Kind::kGreater},
       {">=", Step::Kind::kGreaterOrEqual}}};
  for (const auto& [sign, kind] : kComparisons) {
    if (token.is_sign(sign)) return kind;
  }
  return std::nullopt;
}

bool is_reserved(const ExpressionToken& token) {
  return std::ranges::any_of(
      std::to_array<std::string_view>({"and", "or", "not", "in", "contains", "exists"}),
      [&](std::string_view word) { return token.is_word(word); });
}

}  // namespace

// Writes the steps while it reads the tokens.
class ExpressionParser : private ExpressionTokenReader {
 public:
  ExpressionParser(std::vector<ExpressionToken> tokens, std::vector<std::string>& fields)
      : ExpressionTokenReader(std::move(tokens)), fields_(fields) {}

  base::Expected<Expression> run() {
    if (auto read = read_expression(0); !read) return tl::unexpected(read.error());
    if (now().kind != Kind::kEnd) return unexpected_token("'and', 'or' or the end");
    return Expression(std::move(program_));
  }

 private:
  using Done = base::Expected<void>;

  [[nodiscard]] static tl::unexpected<base::Error> mistake(const ExpressionToken& token,
                                                           std::string_view what) {
    return mistake_at(token.column, what);
  }

  Done read_expression(size_t depth) {
    return read_chain("or", Step::Kind::kJumpIfTrue, [&] { return read_conjunction(depth); });
  }
  Done read_conjunction(size_t depth) {
    return read_chain("and", Step::Kind::kJumpIfFalse, [&] { return read_negation(depth); });
  }
  // One part, and others behind the word; as soon as the truth is known, the rest is jumped over.
  template <class ReadPart>
  Done read_chain(std::string_view word, Step::Kind jump, const ReadPart& read_part) {
    std::vector<size_t> jumps;
    do {
      if (auto read = read_part(); !read) return read;
      if (!now().is_word(word)) break;
      jumps.push_back(program_->steps.size());
      add(jump);
    } while (take_word(word));
    for (const size_t index : jumps) program_->steps[index].target = program_->steps.size();
    return {};
  }
  Done read_negation(size_t depth) {
    if (depth == Expression::kDepthMax) return mistake(now(), "nested too deeply");
    if (take_word("not")) {
      if (auto read = read_negation(depth + 1); !read) return read;
      add(Step::Kind::kNot);
      return {};
    }
    if (!take_sign("(")) return read_condition();
    if (auto read = read_expression(depth + 1); !read) return read;
    return take_sign(")") ? Done() : unexpected_token("')'");
  }

  Done read_condition() {
    if (take_word("exists")) return read_exists();
    if (now().kind != Kind::kName || is_reserved(now())) return unexpected_token("a field");
    const ExpressionToken& name = take();
    const std::string field = canonical(name);
    const bool is_negated = take_word("not");
    if (take_word("in")) return read_in(field, is_negated);
    if (take_word("contains")) return read_contains(field, is_negated);
    if (is_negated) return unexpected_token("'in' or 'contains'");
    if (now().is_sign("=~") || now().is_sign("!~")) return read_pattern(field);
    if (const auto kind = comparison(now())) return read_comparison(field, *kind);
    add_condition(Step::Kind::kIsTrue, field);
    return {};
  }
  Done read_exists() {
    const bool has_parenthesis = take_sign("(");
    if (now().kind != Kind::kName || is_reserved(now())) return unexpected_token("a field");
    add_condition(Step::Kind::kExists, canonical(take()));
    return !has_parenthesis || take_sign(")") ? Done() : unexpected_token("')'");
  }
  Done read_comparison(const std::string& field, Step::Kind kind) {
    const bool is_negated = take().text == "!=";
    Step& step = add_condition(kind, field);
    step.is_negated = is_negated;
    return read_literal(field, step);
  }
  Done read_in(const std::string& field, bool is_negated) {
    if (!take_sign("[")) return unexpected_token("'['");
    Step& step = add_condition(Step::Kind::kEqual, field);
    step.is_negated = is_negated;
    do {
      if (auto read = read_literal(field, step); !read) return read;
    } while (take_sign(","));
    return take_sign("]") ? Done() : unexpected_token("',' or ']'");
  }
  Done read_contains(const std::string& field, bool is_negated) {
    if (now().kind != Kind::kText) return unexpected_token("a text in quotes");
    Step& step = add_condition(Step::Kind::kContains, field);
    step.is_negated = is_negated;
    step.literals.push_back({Literal::Kind::kText, take().text, 0, Level::kUnknown});
    return {};
  }
  Done read_pattern(const std::string& field) {
    const bool is_negated = take().text == "!~";
    if (now().kind != Kind::kText) return unexpected_token("a regular expression in quotes");
    const ExpressionToken& token = take();
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto pattern = std::make_unique<const re2::RE2>(token.raw_text, options);
    if (!pattern->ok()) return mistake(token, "not a regular expression: " + pattern->error());
    Step& step = add_condition(Step::Kind::kMatches, field);
    step.is_negated = is_negated;
    step.pattern = std::move(pattern);
    return {};
  }

  Done read_literal(const std::string& field, Step& step) {
    const ExpressionToken& token = now();
    Literal literal;
    literal.text = token.text;
    if (token.kind == Kind::kNumber) {
      literal.kind = Literal::Kind::kNumber;
      if (auto number = number_for(field, token)) {
        literal.number = *number;
      } else {
        return tl::unexpected(number.error());
      }
    } else if (token.kind == Kind::kName && !token.is_quoted && !is_reserved(token)) {
      if (auto read = read_word(field, token, literal); !read) return read;
    } else if (token.kind != Kind::kText) {
      return unexpected_token("a text in quotes, a number, true or false");
    }
    if (field == kLevelField) set_level(literal);
    step.literals.push_back(std::move(literal));
    take();
    return {};
  }
  static Done read_word(const std::string& field, const ExpressionToken& token, Literal& literal) {
    if (field == kLevelField) {
      set_level(literal);
      if (literal.kind == Literal::Kind::kLevel) return {};
      return mistake(
          token, in_quotes(token.text) + " is no level: trace, debug, info, warn, error or fatal");
    }
    if (token.text == "true" || token.text == "false") return {};
    return mistake(token, "a text stands in quotes: \"" + token.text + "\"");
  }
  // A text or number that means no level stays what it is.
  static void set_level(Literal& literal) {
    Value value;
    value.text = literal.text;
    value.kind = literal.kind == Literal::Kind::kNumber ? ValueKind::kDouble : ValueKind::kString;
    value.number = literal.kind == Literal::Kind::kNumber
                       ? literal.number
                       : std::numeric_limits<double>::quiet_NaN();
    literal.level = level_of(value);
    if (literal.level != Level::kUnknown) literal.kind = Literal::Kind::kLevel;
  }
  [[nodiscard]] static base::Expected<double> number_for(const std::string& field,
                                                         const ExpressionToken& token) {
    if (token.unit != NumberUnit::kTime) return token.number;
    if (const auto unit = unit_ns(field)) return token.number / *unit;
    return mistake(token, in_quotes(field) +
                              " does not say its unit (as event.duration, or by _s, _ms, _us, _ns "
                              "at its end): write a plain number");
  }

  Step& add(Step::Kind kind) {
    program_->steps.emplace_back().kind = kind;
    return program_->steps.back();
  }
  Step& add_condition(Step::Kind kind, const std::string& field) {
    Step& step = add(kind);
    const auto known = std::ranges::find(fields_, field);
    step.field = static_cast<FieldIndex>(known - fields_.begin());
    if (known == fields_.end()) fields_.push_back(field);
    return step;
  }

  std::vector<std::string>& fields_;
  std::unique_ptr<Expression::Program> program_ = std::make_unique<Expression::Program>();
};

base::Expected<Expression> Expression::compile(std::string_view text,
                                               std::vector<std::string>& fields) {
  if (text.size() > kTextBytesMax) {
    return base::unexpected(base::ErrorCode::kInvalid,
                            "more than " + std::to_string(kTextBytesMax) + " bytes");
  }
  auto tokens = tokens_of(text);
  if (!tokens) return tl::unexpected(tokens.error());
  return ExpressionParser(std::move(*tokens), fields).run();
}

base::Expected<Operand> parse_operand(std::string_view text) {
  const auto tokens = tokens_of(text);
  if (!tokens) return tl::unexpected(tokens.error());
  const ExpressionToken& first = tokens->front();
  if (tokens->size() != 2) return mistake_at(first.column, "expected a field or a number");
  if (first.kind == Kind::kNumber) return Operand{"", first.number};
  if (first.kind != Kind::kName) return mistake_at(first.column, "expected a field");
  return Operand{canonical(first), 0};
}

}  // namespace sawlog::parsers
