// A server for tests that does exactly what its scripts say, byte by byte, on 127.0.0.1.
//
// The first connection gets the first script, and so on, each on a thread of its own with blocking
// calls; once all scripts are given out nothing listens any more. Declare it before whatever
// connects to it: it waits for its scripts, which end when the other side closes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harbor_router/http/asio.hpp"

namespace harbor_router::testing {

class Peer {
 public:
  explicit Peer(http::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}
  // The next request's head; what there was of it when the other side closed.
  std::string read_head();
  void send(std::string_view bytes);
  void wait_until_closed();

 private:
  http::asio::ip::tcp::socket socket_;
  std::string received_;
};

using Script = std::function<void(Peer&)>;

class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Script> scripts);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int accepted() const noexcept { return accepted_; }
  // A connection may be made before it is accepted here.
  void wait_for_connections(int count) const;

 private:
  void accept_all(std::vector<Script> scripts);
  http::asio::io_context context_;
  http::asio::ip::tcp::acceptor acceptor_{context_};
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::vector<std::thread> peers_;
  std::thread accepting_;
};

// Reads a request and answers it, once for each of the answers given; then closes.
[[nodiscard]] Script answers(std::vector<std::string> each);
// The same, and then waits for the other side to close.
[[nodiscard]] Script answers_and_stays(std::vector<std::string> each);

}  // namespace harbor_router::testing
