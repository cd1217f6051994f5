// The agent's own log: our library, our format. Loggers are "sawlog.*".
#pragma once

#include <string>

namespace sawlog::agent {

// file: "" for the standard error. A file follows logrotate as every log of the library.
void start_own_log(const std::string& file);

}  // namespace sawlog::agent
