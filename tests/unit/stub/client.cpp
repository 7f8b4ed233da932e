#include "unit/stub/client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

namespace harbor_router::stub::testing {

namespace asio = boost::asio;
namespace http = boost::beast::http;

bool Reply::has(std::string_view name) const {
  for (const auto& field : headers) {
    if (boost::beast::iequals(field.name, name)) return true;
  }
  return false;
}

std::string Reply::header(std::string_view name) const {
  for (const auto& field : headers) {
    if (boost::beast::iequals(field.name, name)) return field.value;
  }
  return {};
}

struct Client::Socket {
  asio::io_context io;
  asio::ip::tcp::socket socket{io};
  boost::beast::flat_buffer buffer;
};

Client::Client(const StandIn& stand_in) : Client(stand_in.port()) {}
Client::Client(std::uint16_t port) : socket_(std::make_unique<Socket>()) {
  socket_->socket.connect({asio::ip::address_v4::loopback(), port});
}
Client::~Client() = default;

void Client::send(std::string_view method, std::string_view target,
                  const std::vector<Field>& headers, std::string_view body) {
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, "harbor.test");
  for (const auto& field : headers) request.insert(field.name, field.value);
  request.body() = body;
  if (!body.empty()) request.prepare_payload();
  http::write(socket_->socket, request);
}

Reply Client::receive(std::string_view method) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  parser.skip(method == "HEAD");
  boost::system::error_code error;
  http::read(socket_->socket, socket_->buffer, parser, error);
  Reply reply;
  if (error) reply.error = error.message();
  reply.status = parser.is_header_done() ? parser.get().result_int() : 0;
  for (const auto& field : parser.get()) {
    reply.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  reply.body = parser.get().body();
  return reply;
}

std::string Client::receive_raw() {
  std::string bytes;
  boost::system::error_code error;
  asio::read(socket_->socket, asio::dynamic_buffer(bytes), error);
  return bytes;
}

bool Client::has_answer() const {
  return socket_->socket.available() > 0;
}

std::uint64_t Client::receive_slowly(std::uint64_t expected,
                                     const std::function<void()>& after_each) {
  std::vector<char> piece(64 * 1024);
  std::uint64_t seen = 0;
  boost::system::error_code error;
  while (seen < expected && !error) {
    seen += socket_->socket.read_some(asio::buffer(piece), error);
    after_each();
  }
  return seen;
}

void Client::send_raw(std::string_view bytes) {
  boost::system::error_code closed;  // the answer says why
  asio::write(socket_->socket, asio::buffer(bytes), closed);
}

void Client::send_last(std::string_view bytes) {
  asio::ip::tcp::socket& socket = socket_->socket;
  socket.send(asio::buffer(bytes), MSG_MORE);
  socket.shutdown(asio::ip::tcp::socket::shutdown_send);
}

void Client::close() {
  socket_->socket.close();
}

Reply Client::ask(std::string_view method, std::string_view target,
                  const std::vector<Field>& headers, std::string_view body) {
  send(method, target, headers, body);
  return receive(method);
}
Reply Client::get(std::string_view target, const std::vector<Field>& headers) {
  return ask("GET", target, headers);
}
Reply Client::head(std::string_view target, const std::vector<Field>& headers) {
  return ask("HEAD", target, headers);
}

Field basic(std::string_view name, std::string_view password) {
  const std::string pair = std::string(name) + ":" + std::string(password);
  std::string encoded((pair.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                  reinterpret_cast<const unsigned char*>(pair.data()),
                  static_cast<int>(pair.size()));
  encoded.pop_back();
  return {"Authorization", "Basic " + encoded};
}

Field bearer(std::string_view token) {
  return {"Authorization", "Bearer " + std::string(token)};
}

Field token_for(const StandIn& stand_in, const std::vector<std::string>& projects,
                const std::optional<Field>& account) {
  std::string target = "/service/token?service=harbor-registry";
  for (const auto& project : projects) target += "&scope=repository:" + project + "/any:pull";
  Client client(stand_in);
  const Reply reply =
      client.get(target, account ? std::vector<Field>{*account} : std::vector<Field>{});
  REQUIRE(reply.status == 200);
  return bearer(nlohmann::json::parse(reply.body)["token"].get<std::string>());
}

Project proxy_project(std::string name, std::string type) {
  Project project;
  project.name = std::move(name);
  project.registry = Registry{.type = std::move(type), .url = "https://registry.test"};
  return project;
}

const Image& app_image() {
  static const Image image = make_image({.seed = "app", .layer_sizes = {100'000, 300}});
  return image;
}

Options one_project() {
  Options options;
  auto project = proxy_project("p");
  project.images.push_back({.repository = "team/app", .tag = "1", .image = app_image()});
  options.projects.push_back(std::move(project));
  return options;
}

}  // namespace harbor_router::stub::testing
