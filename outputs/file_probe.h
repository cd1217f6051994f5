// `sawlog check --connect` for the file output.
#pragma once

#include <string>

#include "outputs/probe.h"

namespace sawlog::outputs {

// path: an absolute one. Whether files can be made at it, in a directory that is there or that can
// be made, and how much room there is. Makes nothing.
[[nodiscard]] Probe probe_file(const std::string& path);

}  // namespace sawlog::outputs
