# Warnings, sanitizers, ccache and the linker: everything that every target of ours shares.
add_library(sawlog_options INTERFACE)
target_include_directories(sawlog_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
target_compile_options(sawlog_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wnull-dereference -Wimplicit-fallthrough -Werror -fno-omit-frame-pointer
  $<$<CXX_COMPILER_ID:GNU>:-Wno-null-dereference>)
if(SAWLOG_SANITIZE)
  target_compile_options(sawlog_options INTERFACE -fsanitize=${SAWLOG_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(sawlog_options INTERFACE -fsanitize=${SAWLOG_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # With precompiled headers, ccache needs to be told not to mind the time macros and the PCH's defines.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_NOHASHDIR=true CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Standard headers that almost every file includes; third-party headers stay in the .cpp that uses them.
function(sawlog_precompile target)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <atomic> <chrono> <cstdint> <cstring> <deque> <functional> <map> <memory>
    <mutex> <optional> <span> <string> <string_view> <unordered_map> <utility> <vector>
    <tl/expected.hpp>)
endfunction()
