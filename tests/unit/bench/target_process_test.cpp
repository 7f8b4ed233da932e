#include "harbor_router/bench/target_process.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include <boost/asio/ip/tcp.hpp>
#include <doctest/doctest.h>

namespace harbor_router::bench {
namespace {

namespace asio = http::asio;

TEST_CASE("sockets that listen on a port are found in /proc/net/tcp") {
  constexpr std::string_view table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
      "4711 1 0000000000000000 100 0 0 10 0\n"
      "   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 "
      "4712 1 0000000000000000 20 4 30 10 -1\n"
      "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "4713 1 0000000000000000 100 0 0 10 0\n"
      "   3: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 4714 1 0 100 0 0 10 0\n"
      "broken\n";
  CHECK(listening_inodes(table, 8080) == std::set<std::uint64_t>{4711, 4714});
  CHECK(listening_inodes(table, 22) == std::set<std::uint64_t>{4713});
  CHECK(listening_inodes("", 22).empty());
}

TEST_CASE("resident memory is in bytes") {
  CHECK(resident_bytes("Name:\tx\nVmSize:\t  100 kB\nVmRSS:\t   12 kB\n") == 12 * 1024);
  CHECK_FALSE(resident_bytes("Name:\tkernel thread\n"));
}

TEST_CASE("who serves a port of this machine is found, here this very process") {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
  auto found = TargetProcess::serving(acceptor.local_endpoint());
  REQUIRE(found);
  found->begin();
  const TargetUsage usage = found->usage();
  CHECK(std::count(usage.processes.begin(), usage.processes.end(), ::getpid()) == 1);
  CHECK(usage.resident_bytes > 100'000);
  CHECK(usage.cpu.count() > 0);  // to the nanosecond, so little is enough
  const http::Endpoint elsewhere(asio::ip::make_address("192.0.2.1"), 80);
  CHECK_FALSE(TargetProcess::serving(elsewhere));
}

TEST_CASE("threads of this process are watched one by one") {
  const auto threads = threads_now();
  CHECK(std::count(threads.begin(), threads.end(), ::gettid()) == 1);
  auto watched = TargetProcess::threads_of_this({::gettid()});
  watched.begin();
  const TargetUsage usage = watched.usage();
  CHECK(usage.processes == std::vector<int>{::getpid()});
  CHECK(usage.cpu.count() > 0);
}

}  // namespace
}  // namespace harbor_router::bench
