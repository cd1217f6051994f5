#include "parsers/expression.h"

#include <algorithm>
#include <compare>

#include <re2/re2.h>

#include "parsers/expression_program.h"

namespace sawlog::parsers {

namespace {

using Step = ExpressionStep;
using Literal = ExpressionLiteral;

bool is_scalar(const Value& value) {
  return value.is_present() && value.kind != ValueKind::kObject && value.kind != ValueKind::kArray;
}

// Unordered where there is nothing to compare.
std::partial_ordering compare(const Step& step, const Literal& literal, const Record& record) {
  constexpr auto kNothing = std::partial_ordering::unordered;
  if (literal.kind == Literal::Kind::kLevel) {
    return record.level() == Level::kUnknown ? kNothing : record.level() <=> literal.level;
  }
  const Value& value = record[step.field];
  if (!is_scalar(value)) return kNothing;
  if (literal.kind == Literal::Kind::kText) return value.text <=> std::string_view(literal.text);
  return value.as_number() <=> literal.number;
}

bool is_equal(const Step& step, const Record& record) {
  return std::ranges::any_of(step.literals, [&](const Literal& literal) {
    return compare(step, literal, record) == std::partial_ordering::equivalent;
  });
}

bool matches_pattern(const Step& step, const Value& value) {
  return value.is_present() &&
         re2::RE2::PartialMatch({value.text.data(), value.text.size()}, *step.pattern);
}

bool test(const Step& step, const Record& record) {
  const Value& value = record[step.field];
  switch (step.kind) {
    case Step::Kind::kExists:
      return value.is_present();
    case Step::Kind::kIsTrue:
      return is_scalar(value) && value.text == "true";
    case Step::Kind::kEqual:
      return is_equal(step, record);
    case Step::Kind::kLess:
      return compare(step, step.literals[0], record) < 0;
    case Step::Kind::kLessOrEqual:
      return compare(step, step.literals[0], record) <= 0;
    case Step::Kind::kGreater:
      return compare(step, step.literals[0], record) > 0;
    case Step::Kind::kGreaterOrEqual:
      return compare(step, step.literals[0], record) >= 0;
    case Step::Kind::kContains:
      return value.is_present() && value.text.find(step.literals[0].text) != std::string_view::npos;
    case Step::Kind::kMatches:
      return matches_pattern(step, value);
    case Step::Kind::kNot:
    case Step::Kind::kJumpIfTrue:
    case Step::Kind::kJumpIfFalse:
      break;
  }
  return false;
}

}  // namespace

Expression::Program::Program() = default;
Expression::Program::~Program() = default;

Expression::Expression(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

bool Expression::matches(const Record& record) const {
  const std::vector<Step>& steps = program_->steps;
  bool is_true = false;
  for (size_t i = 0; i < steps.size();) {
    const Step& step = steps[i++];
    switch (step.kind) {
      case Step::Kind::kNot:
        is_true = !is_true;
        break;
      case Step::Kind::kJumpIfTrue:
        if (is_true) i = step.target;
        break;
      case Step::Kind::kJumpIfFalse:
        if (!is_true) i = step.target;
        break;
      default:
        is_true = test(step, record) != step.is_negated;
        break;
    }
  }
  return is_true;
}

}  // namespace sawlog::parsers
