#include "cmd/ending.hpp"

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace harbor_router {

namespace {

sigset_t endings() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

void hold_endings() {
  const sigset_t signals = endings();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool ending_within(std::chrono::nanoseconds limit) {
  const sigset_t signals = endings();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
  timespec time{};
  time.tv_sec = seconds.count();
  time.tv_nsec = (limit - seconds).count();
  return ::sigtimedwait(&signals, nullptr, &time) > 0;
}

}  // namespace harbor_router
