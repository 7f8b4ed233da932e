// Takes getaddrinfo's place in a test's executable, of which one file includes this. Names below
// "hangs.test" are answered by 127.0.0.1 once a test lets them go; all others as ever.
#pragma once

#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <mutex>
#include <string_view>

namespace harbor_router::testing {

class HangingNames {
 public:
  HangingNames() {
    const std::scoped_lock lock(mutex());
    *current() = this;
  }
  ~HangingNames() {
    let_go();
    std::unique_lock lock(mutex());
    changed().wait(lock, [this] { return inside_ == 0; });
    *current() = nullptr;
  }
  HangingNames(const HangingNames&) = delete;
  HangingNames& operator=(const HangingNames&) = delete;

  void let_go() {
    const std::scoped_lock lock(mutex());
    hanging_ = false;
    changed().notify_all();
  }
  // How many look-ups there were, once there is one.
  [[nodiscard]] int asked() const {
    std::unique_lock lock(mutex());
    changed().wait(lock, [this] { return asked_ != 0; });
    return asked_;
  }

  static void wait_in_lookup() {
    std::unique_lock lock(mutex());
    HangingNames* const names = *current();
    if (names == nullptr) return;
    ++names->asked_;
    ++names->inside_;
    changed().notify_all();
    changed().wait(lock, [names] { return !names->hanging_; });
    --names->inside_;
    changed().notify_all();
  }

 private:
  // Outlive main(), as look-ups may.
  static std::mutex& mutex() {
    static auto* const one = new std::mutex;
    return *one;
  }
  static std::condition_variable& changed() {
    static auto* const one = new std::condition_variable;
    return *one;
  }
  static HangingNames** current() {
    static HangingNames* one = nullptr;
    return &one;
  }
  bool hanging_ = true;
  int asked_ = 0, inside_ = 0;
};

}  // namespace harbor_router::testing

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Lookup>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name != nullptr && std::string_view(name).ends_with("hangs.test")) {
    harbor_router::testing::HangingNames::wait_in_lookup();
    return real("127.0.0.1", service, hints, found);
  }
  return real(name, service, hints, found);
}
