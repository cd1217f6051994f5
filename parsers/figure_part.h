// What is known of a part of a condition over figures when its end is reached: enough to refuse
// what compares times with sizes.
#pragma once

#include <string_view>

#include "parsers/expression_tokens.h"

namespace sawlog::parsers {

struct FigurePart {
  bool is_truth = false;
  bool is_percent = false;  // 0 to 100
  bool has_seconds = false;
  bool has_bytes = false;
  NumberUnit unit = NumberUnit::kNone;  // of a number in it
};

inline FigurePart joined(const FigurePart& left, const FigurePart& right) {
  return {.is_percent = left.is_percent || right.is_percent,
          .has_seconds = left.has_seconds || right.has_seconds,
          .has_bytes = left.has_bytes || right.has_bytes,
          .unit = left.unit == NumberUnit::kNone ? right.unit : left.unit};
}

// Why both sides of a comparison, joined, do not fit each other; "" if they do.
inline std::string_view unlike(const FigurePart& both) {
  if (both.unit == NumberUnit::kPercent && both.is_percent) {
    return "this figure is in percent already: leave out the %";
  }
  if (both.unit == NumberUnit::kTime && !both.has_seconds) {
    return "a time beside a metric whose name does not say seconds";
  }
  if (both.unit == NumberUnit::kSize && !both.has_bytes) {
    return "a size beside a metric whose name does not say bytes";
  }
  return "";
}

}  // namespace sawlog::parsers
