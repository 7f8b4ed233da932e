// The only file that is compiled again for a new commit (see cmake/commit.cmake).
#include "cmd/version.hpp"

#include <boost/version.hpp>
#include <fmt/format.h>
#include <openssl/crypto.h>

namespace harbor_router {

std::string_view version() noexcept {
  return HARBOR_ROUTER_VERSION;
}

std::string version_text() {
#if defined(__clang__)
  constexpr std::string_view kCompiler = "Clang " __clang_version__;
#else
  constexpr std::string_view kCompiler = "GCC " __VERSION__;
#endif
  return fmt::format("harbor-router {} (commit {})\n{}, Boost {}.{}.{}, OpenSSL {}\n", version(),
                     HARBOR_ROUTER_COMMIT, kCompiler, BOOST_VERSION / 100'000,
                     BOOST_VERSION / 100 % 1'000, BOOST_VERSION % 100,
                     OpenSSL_version(OPENSSL_VERSION_STRING));
}

}  // namespace harbor_router
