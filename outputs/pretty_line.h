// A record as one line for people:
//
//   2026-11-21 07:06:55.123 ERROR checkout.cart  payment failed  error.type=TimeoutError
//
// Time (UTC), level, service and logger, the text, then some fields. Those that nobody asked for
// are not shown: that is what format: json is for. Control characters, escape sequences among them,
// are made visible: a log line must not steer the terminal of whoever reads it.
//
// Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "parsers/record.h"
#include "parsers/record_reader.h"

namespace sawlog::outputs {

class PrettyLine {
 public:
  // details: the fields that are shown behind the text.
  explicit PrettyLine(bool has_color, std::vector<std::string> details = default_details());
  // What is known of request, trace and error.
  [[nodiscard]] static std::vector<std::string> default_details();

  // For the RecordReader whose records append() gets.
  [[nodiscard]] std::vector<std::string> field_names() const;
  void bind(const parsers::RecordReader& reader);

  // With its line end.
  void append(const parsers::Record& record, std::string& out) const;

 private:
  void append_colored(std::string_view color, std::string_view text, std::string& out) const;

  bool has_color_;
  parsers::FieldIndex message_ = 0;
  parsers::FieldIndex service_ = 0;
  parsers::FieldIndex logger_ = 0;
  std::vector<std::string> details_;
  std::vector<parsers::FieldIndex> detail_fields_;
};

}  // namespace sawlog::outputs
