// What the page is made of; written by embed_page.cmake.
#pragma once

#include <string_view>

namespace sawlog::agent {

struct PageParts {
  std::string_view html;  // with {{style}} and {{script}}
  std::string_view style;
  std::string_view script;
  // uPlot's, "" without it.
  std::string_view chart_style, chart_script, chart_license;
};

[[nodiscard]] const PageParts& page_parts();

}  // namespace sawlog::agent
