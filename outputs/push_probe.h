// `sawlog check --connect` for the outputs that push: Loki and OTLP. Each is sent a request with
// nothing in it, to the very interface that gets the lines, with the same headers and credentials.
#pragma once

#include <string>

#include "lib/base/clock.h"
#include "outputs/http_transport.h"
#include "outputs/loki_output.h"
#include "outputs/otlp_output.h"
#include "outputs/probe.h"

namespace sawlog::outputs {

[[nodiscard]] Probe probe_loki(const LokiOptions& options, HttpTransport& transport,
                               const base::Clock& clock);
[[nodiscard]] Probe probe_otlp(const OtlpOptions& options, HttpTransport& transport,
                               const base::Clock& clock);

}  // namespace sawlog::outputs
