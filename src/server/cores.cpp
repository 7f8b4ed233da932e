#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "harbor_router/server/server.hpp"

namespace harbor_router::server {

namespace {

// cgroup v2: "max 100000" or "150000 100000", quota and period in microseconds.
unsigned cgroup_cores(unsigned otherwise) {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return otherwise;
  const double cores = std::stod(quota) / period;
  return static_cast<unsigned>(std::max(1.0, cores + 0.999));
}

}  // namespace

unsigned usable_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  unsigned cores = 1;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    cores = static_cast<unsigned>(std::max(1, CPU_COUNT(&allowed)));
  return std::min(cores, cgroup_cores(cores));
}

}  // namespace harbor_router::server
