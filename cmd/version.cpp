// The only file that is compiled again for a new commit (see cmake/commit.cmake).
#include "cmd/version.hpp"

#include <map>

#include <CLI/Version.hpp>
#include <boost/version.hpp>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
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

std::map<std::string, std::string> libraries() {
  return {{"Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1'000,
                                BOOST_VERSION % 100)},
          {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"hiredis", fmt::format("{}.{}.{}", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH)},
          {"nlohmann/json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                        NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10'000, FMT_VERSION / 100 % 100,
                              FMT_VERSION % 100)},
          {"CLI11", CLI11_VERSION}};
}

}  // namespace

std::string version_text() {
  std::string text =
      fmt::format("harbor-router {} (commit {})\n{}", version(), HARBOR_ROUTER_COMMIT, kCompiler);
  for (const auto& [name, number] : libraries()) text += fmt::format(", {} {}", name, number);
  return text + '\n';
}

std::string version_json() {
  const nlohmann::ordered_json facts = {{"version", version()},
                                        {"commit", HARBOR_ROUTER_COMMIT},
                                        {"compiler", kCompiler},
                                        {"libraries", libraries()}};
  return facts.dump(2) + "\n";
}

}  // namespace harbor_router
