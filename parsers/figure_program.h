// A condition over figures as a list of steps on a stack of values by labels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parsers/figure_condition.h"

namespace sawlog::parsers {

struct FigureStep {
  enum class Kind : uint8_t {
    kNumber,
    kSelection,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kEqual,
    kUnequal,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kAnd,
    kOr,
    kAbsent,
    kSum,
    kMin,
    kMax,
    kAverage,
  };
  Kind kind = Kind::kNumber;
  double number = 0;
  size_t selection = 0;
};

struct FigureCondition::Program {
  std::vector<FigureStep> steps;
  std::vector<FigureSelection> selections;
  std::vector<std::string> by;
};

}  // namespace sawlog::parsers
