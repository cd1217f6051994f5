#include "agent/own_log.h"

#include <array>
#include <memory>
#include <string_view>
#include <sys/uio.h>
#include <unistd.h>

#include <sawlog/sawlog.h>

namespace sawlog::agent {

namespace {

// One call for each line, so that several processes may share the descriptor. What the standard
// error refuses is gone: there is nowhere left to say so.
void write_to_stderr(void* /*state*/, const sawlog::Line& line) {
  char newline = '\n';
  const std::array<iovec, 2> parts{
      {{const_cast<char*>(line.text.data()), line.text.size()}, {&newline, 1}}};
  [[maybe_unused]] const ssize_t written = writev(STDERR_FILENO, parts.data(), parts.size());
}

}  // namespace

void start_own_log(const std::string& file) {
  sawlog::Options options;
  options.service = "sawlog";
  options.service_version = SAWLOG_VERSION;
  options.source_location = false;
  options.file = file;
  if (file.empty()) {
    options.destinations.push_back(
        {.state = std::make_shared<int>(0), .write = write_to_stderr, .flush = nullptr});
  }
  sawlog::start(std::move(options));
}

}  // namespace sawlog::agent
