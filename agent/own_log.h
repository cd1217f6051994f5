// The agent's own log: our library, our format, to the standard error. Loggers are "sawlog.*".
#pragma once

namespace sawlog::agent {

void start_own_log();

}  // namespace sawlog::agent
