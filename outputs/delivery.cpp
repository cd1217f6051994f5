#include "outputs/delivery.h"

#include "lib/base/check.h"

namespace sawlog::outputs {

Delivery& Delivery::operator=(Delivery&& other) noexcept {
  if (this != &other) {
    if (sink_ != nullptr) sink_->unknown(range_);
    sink_ = std::exchange(other.sink_, nullptr);
    range_ = other.range_;
  }
  return *this;
}

Delivery::~Delivery() {
  if (sink_ != nullptr) sink_->unknown(range_);
}

void Delivery::settle(const Outcome& outcome) && {
  CHECK(sink_ != nullptr);
  CHECK(outcome.delivered + outcome.dead_lettered + outcome.filtered == range_.line_count);
  std::exchange(sink_, nullptr)->settled(range_, outcome);
}

Delivery Delivery::split_front(uint64_t end, uint64_t line_count) {
  CHECK(sink_ != nullptr);
  CHECK(range_.begin < end && end < range_.end && line_count < range_.line_count);
  Delivery front(sink_, {range_.file, range_.begin, end, line_count});
  range_.begin = end;
  range_.line_count -= line_count;
  return front;
}

}  // namespace sawlog::outputs
