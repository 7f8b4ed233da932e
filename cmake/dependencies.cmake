# Everything comes from Debian 12; deploy/quickstart.sh and tests/run.sh name the packages.
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)

# Flags for our own code only: system headers are not ours to warn about.
add_library(harbor_router_flags INTERFACE)
target_compile_options(harbor_router_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wconversion -Wsign-conversion -Wnull-dereference -Werror
  -Wno-missing-field-initializers)  # designated initialisers leave members at their defaults
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these inside inlined Asio coroutines and std::string.
  target_compile_options(harbor_router_flags INTERFACE
    -Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized -Wno-mismatched-new-delete
    -Wno-stringop-overread)
endif()
target_compile_definitions(harbor_router_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
  # Asio's own recycling gives an idle client's small frame whatever larger block a request left:
  # malloc keeps the sizes apart, and is as fast.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=0)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A .cpp included into a unity source is no header: its anonymous namespace does no harm.
  target_compile_options(harbor_router_flags INTERFACE -Wno-subobject-linkage)
endif()
if(HARBOR_ROUTER_SANITIZE)
  target_compile_options(harbor_router_flags INTERFACE
    -fsanitize=${HARBOR_ROUTER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(harbor_router_flags INTERFACE -fsanitize=${HARBOR_ROUTER_SANITIZE})
  if(HARBOR_ROUTER_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # AddressSanitizer sees these too, where they do harm; their checks are a quarter of the compile.
    target_compile_options(harbor_router_flags INTERFACE -fno-sanitize=null,alignment,object-size)
  endif()
  if(HARBOR_ROUTER_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # ThreadSanitizer does not follow Asio's fences; what they order goes through mutexes as well.
    # Under it GCC 12 also sees writes past std::string's own buffer that are none.
    target_compile_options(harbor_router_flags INTERFACE -Wno-tsan -Wno-array-bounds
      -Wno-stringop-overflow)
  endif()
endif()

# A profile lies beside each object, so that the build that writes it and the one that uses it are
# one directory. What the profile has not seen run is compiled as ever, not for size.
if(HARBOR_ROUTER_PROFILE STREQUAL "write")
  target_compile_options(harbor_router_flags INTERFACE -fprofile-generate -fprofile-update=atomic)
  target_compile_definitions(harbor_router_flags INTERFACE HARBOR_ROUTER_WRITES_PROFILE)
  target_link_options(harbor_router_flags INTERFACE -fprofile-generate)
elseif(HARBOR_ROUTER_PROFILE STREQUAL "use")
  target_compile_options(harbor_router_flags INTERFACE -fprofile-use -fprofile-partial-training
                         -Wno-missing-profile)
elseif(HARBOR_ROUTER_PROFILE)
  message(FATAL_ERROR "HARBOR_ROUTER_PROFILE is write, use or empty, not ${HARBOR_ROUTER_PROFILE}")
endif()

# One precompiled header for every target that speaks Asio; the flags must match to share it.
function(use_asio_precompiled_header target)
  if(NOT TARGET harbor_router_asio_pch)
    set(empty ${CMAKE_BINARY_DIR}/asio_precompiled.cpp)
    file(GENERATE OUTPUT ${empty} CONTENT "// holds the shared precompiled header\n")
    add_library(harbor_router_asio_pch OBJECT ${empty})
    target_link_libraries(harbor_router_asio_pch PRIVATE harbor_router_flags Boost::boost
                          OpenSSL::SSL Threads::Threads)
    target_precompile_headers(harbor_router_asio_pch PRIVATE
      <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/detached.hpp>
      <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>
      <boost/asio/redirect_error.hpp> <boost/asio/as_tuple.hpp> <boost/asio/ssl.hpp>
      <boost/asio/steady_timer.hpp> <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>
      <boost/asio/write.hpp> <boost/beast/http/basic_parser.hpp>
      <chrono> <functional> <map> <memory> <optional> <string> <string_view> <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM harbor_router_asio_pch)
endfunction()
