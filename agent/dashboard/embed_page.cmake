# Writes OUTPUT, a C++ file that holds the page of FOLDER, and uPlot's from UPLOT ("": none) as text.
#   cmake -DOUTPUT=… -DFOLDER=page -DUPLOT=… -P embed_page.cmake
function(read_as_literal output file)
  set(text "")
  if(EXISTS ${file})
    file(READ ${file} text)
  endif()
  set(${output} "R\"page(${text})page\"" PARENT_SCOPE)
endfunction()

read_as_literal(html ${FOLDER}/index.html)
read_as_literal(style ${FOLDER}/style.css)
set(script "\"'use strict';(()=>{\\n\"")
# Each stands on those before it.
foreach(name data format charts tables logs status pages main)
  read_as_literal(text ${FOLDER}/${name}.js)
  string(APPEND script "\n${text}")
endforeach()
string(APPEND script "\n\"})();\\n\"")
read_as_literal(chart_style "${UPLOT}/dist/uPlot.min.css")
read_as_literal(chart_script "${UPLOT}/dist/uPlot.iife.min.js")
read_as_literal(chart_license "${UPLOT}/LICENSE")

file(WRITE ${OUTPUT} "#include \"agent/dashboard/page_parts.h\"

namespace sawlog::agent {

const PageParts& page_parts() {
  static constexpr PageParts kParts = {
${html},
${style},
${script},
${chart_style},
${chart_script},
${chart_license},
};
  return kParts;
}

}  // namespace sawlog::agent
")
