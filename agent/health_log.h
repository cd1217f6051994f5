// Says once that an output was lost and once that it is back; the reason may change in between.
#pragma once

#include <optional>
#include <string>

#include "outputs/output.h"

namespace sawlog::agent {

class HealthLog {
 public:
  struct Event {
    const char* level;
    std::string message;
  };
  // What is to be logged, if the state has changed since the last look.
  [[nodiscard]] std::optional<Event> look(const outputs::Health& health) {
    if (health.state == state_) return std::nullopt;
    state_ = health.state;
    switch (state_) {
      case outputs::Health::State::kUp:
        return Event{"info", "the output can deliver again"};
      case outputs::Health::State::kUnreachable:
        return Event{"warn", "the output cannot deliver and goes on trying: " + health.reason};
      case outputs::Health::State::kPaused:
        return Event{"error", "the output is paused until somebody acts: " + health.reason};
    }
    return std::nullopt;
  }

 private:
  outputs::Health::State state_ = outputs::Health::State::kUp;
};

}  // namespace sawlog::agent
