// logfmt: key=value key="value with blanks" … (https://brandur.org/logfmt; Go's slog, logrus).
//
// A value in quotes has the escapes of JSON (with others it stays as it is); a key without = is
// true.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sawlog::parsers {

struct LogfmtPair {
  std::string_view key;
  std::string_view value;
  bool is_flag = false;  // there was no =
};

class LogfmtReader {
 public:
  static constexpr size_t kPairsMax = 256;

  // False if the line is not wholly logfmt: then there are at least two pairs.
  [[nodiscard]] bool read(std::string_view line);
  // Of the line that was read; views into it or into the reader.
  [[nodiscard]] const std::vector<LogfmtPair>& pairs() const { return pairs_; }
  // Nothing but pairs, and one of them is what a logger writes: a level, a time, a message.
  [[nodiscard]] bool is_certain() const { return is_certain_; }

 private:
  [[nodiscard]] bool read_quoted(std::string_view& rest, std::string_view& value);

  std::vector<LogfmtPair> pairs_;
  std::string unescaped_;
  bool is_certain_ = false;
};

}  // namespace sawlog::parsers
