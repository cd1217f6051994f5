#include "outputs/judgement.h"

#include <numeric>

#include "lib/base/check.h"

namespace sawlog::outputs {

Judgement all_refused(uint32_t line_count, const std::string& type, const std::string& reason) {
  Judgement judgement;
  for (uint32_t line = 0; line < line_count; ++line) {
    judgement.exceptions.push_back({line, LineFate::kRefused, type, reason});
  }
  return judgement;
}

Judgement in_halves(uint32_t line_count) {
  CHECK(line_count >= 2);
  Judgement judgement;
  judgement.kind = Judgement::Kind::kParts;
  std::vector<uint32_t> lines(line_count);
  std::iota(lines.begin(), lines.end(), 0);
  const auto middle = lines.begin() + line_count / 2;
  judgement.parts = {{lines.begin(), middle}, {middle, lines.end()}};
  return judgement;
}

}  // namespace sawlog::outputs
