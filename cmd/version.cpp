// The only file that is compiled again for a new commit (see cmake/commit.cmake).
#include "cmd/version.hpp"

#include <boost/version.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>

namespace harbor_router {

std::string_view version() noexcept {
  return HARBOR_ROUTER_VERSION;
}

namespace {

#if defined(__clang__)
constexpr std::string_view kCompiler = "Clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "GCC " __VERSION__;
#endif

std::string boost_version() {
  return fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1'000,
                     BOOST_VERSION % 100);
}

}  // namespace

std::string version_text() {
  return fmt::format("harbor-router {} (commit {})\n{}, Boost {}, OpenSSL {}\n", version(),
                     HARBOR_ROUTER_COMMIT, kCompiler, boost_version(),
                     OpenSSL_version(OPENSSL_VERSION_STRING));
}

std::string version_json() {
  const nlohmann::ordered_json facts = {
      {"version", version()},
      {"commit", HARBOR_ROUTER_COMMIT},
      {"compiler", kCompiler},
      {"libraries",
       {{"boost", boost_version()}, {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)}}}};
  return facts.dump(2) + "\n";
}

}  // namespace harbor_router
