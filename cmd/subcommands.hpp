// What main.cpp can run: one file and one function for each subcommand. They return the exit code;
// exceptions they let through are start-up failures or bugs, and end in main's one catch.
#pragma once

#include "cmd/options/settings.hpp"

namespace harbor_router {

// What settings are wrong beside each other, or missing, a line each.
[[nodiscard]] std::vector<std::string> check_resolve(const options::Settings& settings);
[[nodiscard]] std::vector<std::string> check_cache_inspect(const options::Settings& settings);
[[nodiscard]] std::vector<std::string> check_bench(const options::Settings& settings);

[[nodiscard]] int run_serve(const options::Settings& settings);
[[nodiscard]] int run_resolve(const options::Settings& settings);
[[nodiscard]] int run_discover(const options::Settings& settings);
[[nodiscard]] int run_cache_inspect(const options::Settings& settings);
[[nodiscard]] int run_bench(const options::Settings& settings);

}  // namespace harbor_router
