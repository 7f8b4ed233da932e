#include "cmd/end_process.hpp"

#include <cstdio>
#include <cstdlib>

#ifdef HARBOR_ROUTER_WRITES_PROFILE
extern "C" void __gcov_dump();  // libgcov's; std::_Exit alone would lose what was counted
#endif

namespace harbor_router {

// Not the same function in the build that writes a profile and in the one that uses it.
[[gnu::no_profile_instrument_function]] void end_process(int exit_code) {
  std::fflush(nullptr);
#ifdef HARBOR_ROUTER_WRITES_PROFILE
  __gcov_dump();
#endif
  std::_Exit(exit_code);
}

}  // namespace harbor_router
