#include "harbor_router/base/chance.hpp"

#include <random>

namespace harbor_router::base {

double chance() {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace harbor_router::base
