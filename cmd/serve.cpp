#include <stdexcept>

#include "cmd/subcommands.hpp"

namespace harbor_router {

int run_serve(const options::Settings&) {
  throw std::runtime_error("serve is being written");
}

}  // namespace harbor_router
