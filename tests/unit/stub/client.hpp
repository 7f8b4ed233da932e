// A blocking HTTP client of one keep-alive connection, and verbs for what the tests say to Harbor.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/stub/stand_in.hpp"

namespace harbor_router::stub::testing {

struct Field {
  std::string name;
  std::string value;
};

struct Reply {
  unsigned status = 0;
  std::vector<Field> headers;
  std::string body;
  std::string error;  // the read failed: Beast's words; status and body are what came before

  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::string header(std::string_view name) const;  // "" when absent
};

class Client {
 public:
  explicit Client(const StandIn& stand_in);
  explicit Client(std::uint16_t port);  // of 127.0.0.1
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Reply get(std::string_view target, const std::vector<Field>& headers = {});
  Reply head(std::string_view target, const std::vector<Field>& headers = {});
  Reply ask(std::string_view method, std::string_view target, const std::vector<Field>& headers,
            std::string_view body = "");
  void send(std::string_view method, std::string_view target, const std::vector<Field>& headers,
            std::string_view body = "");
  Reply receive(std::string_view method);
  std::string receive_raw();              // all bytes until the peer closes
  [[nodiscard]] bool has_answer() const;  // bytes are there to receive
  // Reads small pieces until the peer closes or falls silent at the message's end, calling after
  // each; returns the bytes seen, head included. Nothing is kept.
  std::uint64_t receive_slowly(std::uint64_t expected, const std::function<void()>& after_each);
  void send_raw(std::string_view bytes);   // as far as the peer takes them
  void send_last(std::string_view bytes);  // and the end of sending, in one segment
  void close();

 private:
  struct Socket;
  std::unique_ptr<Socket> socket_;
};

Field basic(std::string_view name, std::string_view password);
Field bearer(std::string_view token);

// A token for these projects, as the account (nobody: anonymous).
Field token_for(const StandIn& stand_in, const std::vector<std::string>& projects,
                const std::optional<Field>& account = std::nullopt);

Project proxy_project(std::string name, std::string type = "docker-registry");
// A stand-in with one public proxy project "p" that has team/app:1.
Options one_project();
const Image& app_image();
inline constexpr std::string_view app_manifest = "/v2/p/team/app/manifests/1";

}  // namespace harbor_router::stub::testing
