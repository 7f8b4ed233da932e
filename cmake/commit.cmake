# HARBOR_ROUTER_COMMIT: the commit this is built from, or "unknown" outside a git tree. Configuring
# again after each commit (the log of HEAD is what changes) keeps it true; only cmd/version.cpp is
# compiled again.
set(HARBOR_ROUTER_COMMIT unknown)
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=12 HEAD
                  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                  RESULT_VARIABLE failed OUTPUT_VARIABLE commit
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT failed)
    set(HARBOR_ROUTER_COMMIT ${commit})
  endif()
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --path-format=absolute --git-path logs/HEAD
                  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                  OUTPUT_VARIABLE head_log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(head_log AND EXISTS ${head_log})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${head_log})
  endif()
endif()
set_source_files_properties(cmd/version.cpp PROPERTIES COMPILE_DEFINITIONS
  "HARBOR_ROUTER_VERSION=\"${PROJECT_VERSION}\";HARBOR_ROUTER_COMMIT=\"${HARBOR_ROUTER_COMMIT}\"")
