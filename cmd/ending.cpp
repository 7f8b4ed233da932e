#include "cmd/ending.hpp"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <cstdio>

#include "cmd/end_process.hpp"

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

std::optional<int> ending_within(std::chrono::nanoseconds limit) {
  const sigset_t signals = endings();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
  timespec time{};
  time.tv_sec = seconds.count();
  time.tv_nsec = (limit - seconds).count();
  const int signal = ::sigtimedwait(&signals, nullptr, &time);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

void end_by(int signal) {
  std::fflush(nullptr);
  ::signal(signal, SIG_DFL);
  const sigset_t signals = endings();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  ::raise(signal);
  end_process(128 + signal);
}

}  // namespace harbor_router
