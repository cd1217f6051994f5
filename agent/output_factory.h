// From the configuration of an output to the output.
#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/filesystem.h"
#include "outputs/output.h"

namespace sawlog::agent {

struct OutputEnvironment {
  base::Filesystem& filesystem;
  const base::Clock& clock;
  std::string state_dir;
  std::string host_name;
};

// An error names the output and what is wrong with it (a certificate that cannot be read, a dead
// letter file that cannot be opened).
[[nodiscard]] base::Expected<std::unique_ptr<outputs::Output>> make_output(
    const config::OutputConfig& config, const OutputEnvironment& environment);

}  // namespace sawlog::agent
