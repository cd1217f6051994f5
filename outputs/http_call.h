// One request and its answer, waited for: for commands, which have nothing else to do. The agent's
// threads never wait for a destination and use outputs/http_sender.h.
#pragma once

#include "lib/base/clock.h"
#include "outputs/http_transport.h"

namespace sawlog::outputs {

// Blocks until the answer is there or the request's own time-out ends it (status 0). Nothing else
// may be in flight on the transport.
[[nodiscard]] HttpResponse call(HttpTransport& transport, HttpRequest request,
                                const base::Clock& clock);

}  // namespace sawlog::outputs
