// Where levels come from beside set_level(): a file that is watched, and a signal, if the options
// name them.
//
// The file has a level a line, "checkout.cart debug" or "checkout.* = warn", the name "*" for the
// root; '#' begins a comment. Its levels win over those of set_level(), and go when they are taken
// out of it, or with it. A line that cannot be read is reported on stderr, once for each version of
// the file, and the others apply.
//
// Each signal switches all loggers that are not off to debug (or finer, if they are), the next one
// back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include <sawlog/options.h>

#include "lib/src/logger_registry.h"

namespace sawlog {

// For one thread at a time.
class LevelSources {
 public:
  explicit LevelSources(LoggerRegistry& loggers) : loggers_(loggers) {}

  // From now on those of the options. Reads the file.
  void begin(const Options& options);
  // Whether a signal came; costs one load.
  void look_at_signal();
  // Whether the file changed.
  void look_at_file();

 private:
  [[nodiscard]] std::map<std::string, Level> read_file() const;

  LoggerRegistry& loggers_;
  std::string path_;
  struct stat seen_ = {};  // of the file that was read last; zero: there was none
};

}  // namespace sawlog
