// One request and its answer, waited for: for commands and for the threads that send alerts, which
// have nothing else to do. Consumers never wait for a destination and use outputs/http_sender.h.
#pragma once

#include <functional>

#include "lib/base/clock.h"
#include "outputs/http_transport.h"

namespace sawlog::outputs {

// Blocks until the answer is there or the request's own time-out ends it (status 0). Nothing else
// may be in flight on the transport. gives_up: asked every second at least; true ends the waiting
// (status 0), after which the transport is good for nothing more.
[[nodiscard]] HttpResponse call(HttpTransport& transport, HttpRequest request,
                                const base::Clock& clock,
                                const std::function<bool()>& gives_up = nullptr);

}  // namespace sawlog::outputs
