// The least a relay can do, as a floor for proxy.sh: whatever a client sends, Harbor is asked what
// stands in a file, and what comes from Harbor goes to the client as it came. It parses
// nothing, checks nothing, logs nothing and has no deadlines; one thread, a connection to Harbor
// for each client. Assumes that a request and an answer come in one piece each.
//
// usage: least_relay PORT HARBOR-PORT REQUEST-FILE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

struct Side {
  int socket = -1;
  Side* other = nullptr;
  bool is_client = false;
};

int must(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void send_at_once(int socket) {
  const int on = 1;
  must(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

const sockaddr* general(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void accept_client(int listener, int epoll, const sockaddr_in& harbor) {
  auto* client = new Side{.socket = ::accept(listener, nullptr, nullptr), .is_client = true};
  auto* upstream = new Side{.socket = ::socket(AF_INET, SOCK_STREAM, 0), .other = client};
  client->other = upstream;
  must(::connect(upstream->socket, general(harbor), sizeof harbor), "connect");
  for (Side* side : {client, upstream}) {
    send_at_once(side->socket);
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = side}};
    must(::epoll_ctl(epoll, EPOLL_CTL_ADD, side->socket, &event), "epoll_ctl");
  }
}

// Not freed: an event of this round may still name it, and it is small.
void end(Side& side) {
  for (Side* each : {&side, side.other}) {
    if (each->socket >= 0) ::close(each->socket);
    each->socket = -1;  // recv says EBADF to it
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::cerr << "usage: " << arguments[0] << " PORT HARBOR-PORT REQUEST-FILE\n";
    return 2;
  }
  std::ifstream file(arguments[3]);
  const std::string request(std::istreambuf_iterator<char>(file), {});
  if (request.empty()) {
    std::cerr << arguments[3] << " cannot be read, or is empty\n";
    return 2;
  }
  const sockaddr_in own = loopback(arguments[1]), harbor = loopback(arguments[2]);
  const int listener = must(::socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(::bind(listener, general(own), sizeof own), "bind");
  must(::listen(listener, 4096), "listen");
  const int epoll = must(::epoll_create1(0), "epoll_create1");
  epoll_event accepting{.events = EPOLLIN, .data = {.ptr = nullptr}};
  must(::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &accepting), "epoll_ctl");

  std::array<epoll_event, 128> events;
  std::array<char, 65536> bytes;
  for (;;) {
    const int ready = must(::epoll_wait(epoll, events.data(), events.size(), -1), "epoll_wait");
    for (int i = 0; i < ready; ++i) {
      auto* side = static_cast<Side*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (side == nullptr) {
        accept_client(listener, epoll, harbor);
        continue;
      }
      const ssize_t got = ::recv(side->socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got <= 0) {
        if (got == 0) end(*side);
        continue;
      }
      if (side->is_client)
        must(static_cast<int>(
                 ::send(side->other->socket, request.data(), request.size(), MSG_NOSIGNAL)),
             "send");
      else
        ::send(side->other->socket, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
    }
  }
}
