// The shapes in which services write lines that are not JSON: data (text_shapes.cpp has the table).
//
// A shape is a regular expression (RE2) over the first line of a record whose named groups are its
// fields. In a group's name two underscores are a dot: (?P<http__request__method>…). Shapes are
// tried in the order of the table, those whose first letter can be right; so what a line is depends
// on the line alone. A group that matched nothing, or "-", is no field.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"

namespace re2 {
class RE2;
}

namespace sawlog::parsers {

struct ShapeField {
  std::string name;        // "http.request.method"
  bool is_number = false;  // written without quotes, if it is a number of JSON
};

// One shape, compiled.
class TextShape {
 public:
  // kInvalid: pattern is no regular expression, or has no named group.
  [[nodiscard]] static base::Expected<TextShape> compile(std::string_view pattern);
  ~TextShape();
  TextShape(TextShape&&) noexcept;
  TextShape& operator=(TextShape&&) noexcept;

  // fields(): one for each named group, in their order in the pattern.
  [[nodiscard]] const std::vector<ShapeField>& fields() const { return fields_; }
  // values: the groups' texts, by the index of fields(); "" for what is absent.
  [[nodiscard]] bool matches(std::string_view line, std::vector<std::string_view>& values) const;

 private:
  TextShape();
  std::unique_ptr<const re2::RE2> pattern_;
  std::vector<ShapeField> fields_;
  std::vector<int> groups_;  // by field: its group's number
};

class TextShapes {
 public:
  struct Known {
    std::string_view name;
    std::string_view event_name;  // of its records; "" for none
    std::string_view first;  // the letters with which its lines begin: 0 any digit, A any capital
    TextShape shape;
  };

  TextShapes();
  // The first shape that matches, or nullptr; values as above.
  [[nodiscard]] const Known* find(std::string_view line,
                                  std::vector<std::string_view>& values) const;

 private:
  std::vector<Known> shapes_;
};

}  // namespace sawlog::parsers
