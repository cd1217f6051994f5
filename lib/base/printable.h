// Foreign bytes on their way to a terminal: file names, log lines, values of a configuration. None
// of them may steer it.
#pragma once

#include <string>
#include <string_view>

namespace sawlog::base {

// Appends the text; C0 but for tabs, DEL, the C1 range (which terminals take as escapes, too) and
// bytes that are no UTF-8 become \xNN.
void append_printable(std::string& out, std::string_view text);
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace sawlog::base
