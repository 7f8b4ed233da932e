#include "scenario/router.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace harbor_router::scenario {

namespace {

using namespace std::chrono_literals;

std::uint16_t number_after(const std::string& text, std::string_view words) {
  const auto at = text.find(words);
  return at == std::string::npos
             ? std::uint16_t{0}
             : static_cast<std::uint16_t>(std::stoul(text.substr(at + words.size(), 6)));
}

// Thousands of clients in one process.
void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

// What the child writes, read by a thread of its own so that it never waits for us.
struct Router::Output {
  explicit Output(int read_end) : descriptor(read_end), reader([this] { read(); }) {}
  ~Output() {
    reader.join();
    ::close(descriptor);
  }
  void read() {
    char bytes[4096];
    for (;;) {
      const ssize_t count = ::read(descriptor, bytes, sizeof bytes);
      const std::lock_guard lock(mutex);
      if (count <= 0)
        ended = true;
      else
        text.append(bytes, static_cast<std::size_t>(count));
      news.notify_all();
      if (ended) return;
    }
  }
  const int descriptor;
  std::mutex mutex;
  std::condition_variable news;
  std::string text;
  bool ended = false;
  std::thread reader;
};

Router::Router(Unstarted, const Environment& given) {
  raise_open_file_limit();
  Environment environment = {{"LISTEN_ADDR", "127.0.0.1:0"},
                             {"METRICS_ADDR", "127.0.0.1:0"},
                             {"AUTH_MODE", "service"},
                             {"THREADS", "2"},
                             {"HARBOR_USERNAME", "robot$router"},
                             {"HARBOR_PASSWORD", "Robot-1"}};
  for (const auto& [name, value] : given) environment[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : environment) lines.push_back(name + "=" + value);
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"})
    if (const char* value = std::getenv(name); value != nullptr)
      lines.push_back(std::string(name) + "=" + value);
  std::vector<char*> variables;
  for (std::string& line : lines) variables.push_back(line.data());
  variables.push_back(nullptr);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  // Asio's sockets are inherited: a stand-in that ends must not live on in the router.
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  // As from a shell: what ignores SIGPIPE here must not do so for the router.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t as_usual;
  sigemptyset(&as_usual);
  sigaddset(&as_usual, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &as_usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::string program = ROUTER_BINARY, subcommand = "serve";
  char* arguments[] = {program.data(), subcommand.data(), nullptr};
  const int error =
      ::posix_spawn(&pid_, program.c_str(), &actions, &attributes, arguments, variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  REQUIRE(error == 0);
  output_ = std::make_unique<Output>(ends[0]);
}

Router::Router(const Environment& environment) : Router(Unstarted{}, environment) {
  if (!wait_for_log("metrics_port=") || !wait_for_log("\n")) {
    ::kill(pid_, SIGKILL);  // its output ends with it, and so does the thread that reads
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    FAIL("the router does not listen: " << log());
  }
  port_ = number_after(log(), " port=");
  metrics_port_ = number_after(log(), "metrics_port=");
}

Router::~Router() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::string log_of_vain_start(const Environment& environment) {
  Router router(Router::Unstarted{}, environment);
  const bool started = router.wait_for_log("listening ");
  CHECK_FALSE(started);
  if (!started) CHECK(router.wait() > 0);
  return router.log();
}

bool Router::wait_for_log(std::string_view words) {
  std::unique_lock lock(output_->mutex);
  const auto there = [&] { return output_->text.find(words) != std::string::npos; };
  output_->news.wait_for(lock, 60s, [&] { return there() || output_->ended; });
  return there();
}

std::string Router::log() const {
  const std::lock_guard lock(output_->mutex);
  return output_->text;
}

void Router::wait_until_ready() {
  for (int look = 0; look < 1200; ++look) {
    if (get(*this, "/readyz").status == 200) return;
    std::this_thread::sleep_for(25ms);  // between looks at a condition
  }
  FAIL("not ready: " << log());
}

void Router::terminate() {
  ::kill(pid_, SIGTERM);
}

int Router::wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  // What it wrote last may still lie in the pipe.
  std::unique_lock lock(output_->mutex);
  output_->news.wait(lock, [&] { return output_->ended; });
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::uint64_t Router::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

bool Router::ignores(int signal) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("SigIgn:"))
      return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  return false;
}

std::size_t Router::open_files() const {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

void Router::limit_open_files(std::size_t most) {
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  REQUIRE(::prlimit(pid_, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

std::size_t Router::times_in_log(std::string_view words) const {
  const std::string text = log();
  std::size_t times = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++times;
  return times;
}

Reply get(const Router& router, std::string_view target, const std::vector<Field>& headers) {
  Client client(router.port());
  return client.get(target, headers);
}

Reply head(const Router& router, std::string_view target, const std::vector<Field>& headers) {
  Client client(router.port());
  return client.head(target, headers);
}

double requests_in_flight(const Router& router) {
  return metric(router, "harbor_router_inflight_requests") - 1;
}

double metric(const Router& router, std::string_view series) {
  Client client(router.metrics_port());
  const std::string text = "\n" + client.get("/metrics").body;
  const std::string line = "\n" + std::string(series) + " ";
  const auto at = text.find(line);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size(), 32));
}

}  // namespace harbor_router::scenario
