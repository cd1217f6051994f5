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

}  // namespace sawlog::outputs
