include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/sawlog-targets.cmake)

# <sawlog/spdlog.h> is for those who have spdlog.
find_package(spdlog QUIET)
if(spdlog_FOUND)
  target_link_libraries(sawlog::spdlog INTERFACE spdlog::spdlog)
endif()
