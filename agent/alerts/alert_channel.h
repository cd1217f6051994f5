// How a message gets to a receiver: by mail or by HTTP.
#pragma once

#include <functional>
#include <string>

#include "agent/alerts/alert_telling.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"

namespace sawlog::agent {

struct SendFailure {
  std::string reason;            // without secrets
  std::string retry_after = {};  // the header's value, "" without one
};

// Blocks until the receiver has taken the message, or not. gives_up: true when the agent stops.
using SendFunction = std::function<tl::expected<void, SendFailure>(
    const AlertMessage& message, const std::function<bool()>& gives_up)>;

// clock outlives the function. Each thread needs a function of its own.
[[nodiscard]] SendFunction make_channel(const config::ReceiverConfig& receiver, size_t lines_max,
                                        const std::string& host, const base::Clock& clock);

}  // namespace sawlog::agent
