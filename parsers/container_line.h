// The envelope that a container's runtime writes around each line of a service.
//
// CRI (containerd, CRI-O; kubelet's pkg/kubelet/kuberuntime/logs):
//   2026-11-21T07:06:55.123456789Z stdout F content          F: the end of a line; P: a part of one
// Docker (json-file):
//   {"log":"content\n","stream":"stdout","time":"2026-11-21T07:06:55.123456789Z"}
//   Without \n at its end, content is a part of a line (of 16 KiB).
#pragma once

#include <string>
#include <string_view>

namespace sawlog::parsers {

struct ContainerLine {
  std::string_view time;
  std::string_view stream;   // stdout or stderr
  std::string_view content;  // without its line end
  bool is_part = false;      // it goes on in the stream's next line
};

// Cheap: whether it is worth a try.
[[nodiscard]] bool may_be_container_line(std::string_view line);
// scratch: where content goes that has to be unescaped; appended to, never beyond line.size().
[[nodiscard]] bool read_container_line(std::string_view line, std::string& scratch,
                                       ContainerLine& parts);

}  // namespace sawlog::parsers
