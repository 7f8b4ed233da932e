#include "unit/http/scripted_server.hpp"

#include <sys/socket.h>

#include <array>

#include <boost/asio/write.hpp>

namespace harbor_router::testing {

namespace asio = http::asio;
using asio::ip::tcp;

std::string Peer::read_head() {
  for (;;) {
    if (const auto end = received_.find("\r\n\r\n"); end != std::string::npos) {
      const std::string head = received_.substr(0, end + 4);
      received_.erase(0, end + 4);
      return head;
    }
    std::array<char, 4096> space{};
    http::error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(space), error);
    if (error) return std::exchange(received_, {});
    received_.append(space.data(), count);
  }
}

void Peer::send(std::string_view bytes) {
  http::error_code gone;  // the other side may close at any point: that is what is tested
  asio::write(socket_, asio::buffer(bytes), gone);
}

void Peer::wait_until_closed() {
  std::array<char, 4096> space{};
  http::error_code error;
  while (!error) socket_.read_some(asio::buffer(space), error);
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts) {
  const tcp::endpoint any_port(asio::ip::address_v4::loopback(), 0);
  acceptor_.open(any_port.protocol());
  acceptor_.bind(any_port);
  acceptor_.listen();
  port_ = acceptor_.local_endpoint().port();
  accepting_ = std::thread([this, all = std::move(scripts)] { accept_all(all); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // wakes accept()
  accepting_.join();
  for (std::thread& each : peers_) each.join();
}

void ScriptedServer::wait_for_connections(int count) const {
  for (int seen = accepted_; seen < count; seen = accepted_) accepted_.wait(seen);
}

void ScriptedServer::accept_all(std::vector<Script> scripts) {
  for (Script& script : scripts) {
    http::error_code error;
    tcp::socket socket(context_);
    acceptor_.accept(socket, error);
    if (error) break;
    ++accepted_;
    accepted_.notify_all();
    peers_.emplace_back(
        [peer = Peer(std::move(socket)), run = std::move(script)]() mutable { run(peer); });
  }
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
}

Script answers(std::vector<std::string> each) {
  return [each = std::move(each)](Peer& peer) {
    for (const std::string& answer : each) {
      if (peer.read_head().empty()) return;
      peer.send(answer);
    }
  };
}

Script answers_and_stays(std::vector<std::string> each) {
  return [all = answers(std::move(each))](Peer& peer) {
    all(peer);
    peer.wait_until_closed();
  };
}

}  // namespace harbor_router::testing
