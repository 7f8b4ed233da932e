#include "harbor_router/bench/target_process.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace harbor_router::bench {

namespace {

namespace files = std::filesystem;

template <class Number>
std::optional<Number> number_in(std::string_view text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(" \t"); at < line.size();) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(" \t", end);
  }
  return words;
}

template <class Visit>
void each_line(std::string_view text, const Visit& visit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    visit(text.substr(at, end - at));
    at = end + 1;
  }
}

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// clock_getcpuclockid(3) is for processes alone; a thread's clock is named as the kernel does
// (MAKE_THREAD_CPUCLOCK of linux/posix-timers.h).
clockid_t clock_of_thread(pid_t thread) {
  constexpr unsigned scheduled = 2, of_thread = 4;
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3U) | of_thread | scheduled);
}

bool is_of_this_machine(const http::asio::ip::address& address) {
  if (address.is_loopback()) return true;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  bool found = false;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    if (each->ifa_addr->sa_family == AF_INET && address.is_v4()) {
      const auto* ours = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
      found = found || ntohl(ours->sin_addr.s_addr) == address.to_v4().to_uint();
    } else if (each->ifa_addr->sa_family == AF_INET6 && address.is_v6()) {
      const auto* ours = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr);
      const auto bytes = address.to_v6().to_bytes();
      found = found || std::equal(bytes.begin(), bytes.end(), ours->sin6_addr.s6_addr);
    }
  }
  ::freeifaddrs(list);
  return found;
}

bool holds_one_of(const files::path& process, const std::set<std::uint64_t>& inodes) {
  std::error_code error;  // a process that went, or that is somebody else's
  for (files::directory_iterator at(process / "fd", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    const std::string link = files::read_symlink(at->path(), gone).string();
    constexpr std::string_view prefix = "socket:[";
    if (gone || !link.starts_with(prefix)) continue;
    const auto inode = number_in<std::uint64_t>(
        std::string_view(link).substr(prefix.size(), link.size() - prefix.size() - 1));
    if (inode && inodes.contains(*inode)) return true;
  }
  return false;
}

}  // namespace

std::set<std::uint64_t> listening_inodes(std::string_view table, std::uint16_t port) {
  std::set<std::uint64_t> inodes;
  each_line(table, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 10 || words[3] != "0A") return;
    const std::string_view local = words[1];
    const std::size_t colon = local.rfind(':');
    if (colon == std::string_view::npos) return;
    const auto its_port = number_in<std::uint16_t>(local.substr(colon + 1), 16);
    const auto inode = number_in<std::uint64_t>(words[9]);
    if (its_port == port && inode) inodes.insert(*inode);
  });
  return inodes;
}

std::optional<std::uint64_t> resident_bytes(std::string_view status) {
  std::optional<std::uint64_t> bytes;
  each_line(status, [&bytes](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 2 || words[0] != "VmRSS:") return;
    if (const auto kilobytes = number_in<std::uint64_t>(words[1])) bytes = *kilobytes * 1024;
  });
  return bytes;
}

std::optional<TargetProcess> TargetProcess::serving(const http::Endpoint& endpoint) {
  if (!is_of_this_machine(endpoint.address())) return std::nullopt;
  std::set<std::uint64_t> inodes;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"})
    inodes.merge(listening_inodes(content_of(path), endpoint.port()));
  if (inodes.empty()) return std::nullopt;
  TargetProcess found;
  std::error_code error;
  for (files::directory_iterator at("/proc", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto process = number_in<int>(name);
    if (!process || !holds_one_of(at->path(), inodes)) continue;
    found.processes_.push_back(*process);
    clockid_t clock{};
    if (::clock_getcpuclockid(*process, &clock) == 0) found.clocks_.push_back(clock);
    found.statuses_.push_back("/proc/" + name + "/status");
  }
  if (found.processes_.empty()) return std::nullopt;
  return found;
}

TargetProcess TargetProcess::threads_of_this(std::vector<pid_t> threads) {
  TargetProcess found;
  found.processes_.push_back(::getpid());
  for (const pid_t thread : threads) found.clocks_.push_back(clock_of_thread(thread));
  found.statuses_.emplace_back("/proc/self/status");
  return found;
}

TargetProcess::Sample TargetProcess::sample() const {
  Sample sum;
  for (const clockid_t clock : clocks_) {
    timespec time{};
    if (::clock_gettime(clock, &time) == 0)
      sum.cpu += std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
  }
  for (const std::string& path : statuses_)
    sum.resident += resident_bytes(content_of(path)).value_or(0);
  return sum;
}

void TargetProcess::begin() {
  begin_ = sample();
}

TargetUsage TargetProcess::usage() const {
  const Sample now = sample();
  return {.processes = processes_,
          .cpu = now.cpu - std::min(now.cpu, begin_.cpu),
          .resident_bytes = now.resident,
          .resident_growth =
              static_cast<std::int64_t>(now.resident) - static_cast<std::int64_t>(begin_.resident)};
}

std::vector<pid_t> threads_now() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (files::directory_iterator at("/proc/self/task", error), end; !error && at != end;
       at.increment(error))
    if (const auto thread = number_in<pid_t>(at->path().filename().string()))
      threads.push_back(*thread);
  std::sort(threads.begin(), threads.end());
  return threads;
}

}  // namespace harbor_router::bench
