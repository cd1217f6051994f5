// A delivery sink that counts what became of lines.
#pragma once

#include "outputs/delivery.h"

namespace sawlog::outputs {

class SettledLines final : public DeliverySink {
 public:
  void settled(const LineRange& range, const Outcome& outcome) override {
    ++deliveries;
    lines += range.line_count;
    delivered += outcome.delivered;
    dead_lettered += outcome.dead_lettered;
  }
  void unknown(const LineRange& range) override { unknown_lines += range.line_count; }

  uint64_t deliveries = 0;
  uint64_t lines = 0;
  uint64_t delivered = 0;
  uint64_t dead_lettered = 0;
  uint64_t unknown_lines = 0;
};

}  // namespace sawlog::outputs
