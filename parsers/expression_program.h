// An expression as a list of steps: conditions, each of which gives a truth, and jumps that skip
// what does not matter any more.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "parsers/expression.h"

namespace re2 {
class RE2;
}

namespace sawlog::parsers {

struct ExpressionLiteral {
  enum class Kind : uint8_t { kText, kNumber, kLevel };
  Kind kind = Kind::kText;
  std::string text;
  double number = 0;
  Level level = Level::kUnknown;
};

struct ExpressionStep {
  enum class Kind : uint8_t {
    kExists,
    kIsTrue,
    kEqual,  // to one of the literals
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kContains,
    kMatches,
    kNot,
    kJumpIfTrue,
    kJumpIfFalse,
  };
  Kind kind = Kind::kExists;
  FieldIndex field = 0;
  bool is_negated = false;  // !=, !~, not in, not contains
  std::vector<ExpressionLiteral> literals;
  std::unique_ptr<const re2::RE2> pattern;  // of kMatches
  size_t target = 0;                        // of the jumps: the step to go on with
};

struct Expression::Program {
  Program();
  ~Program();
  std::vector<ExpressionStep> steps;
};

}  // namespace sawlog::parsers
