// Single questions to a registry or to the endpoint of its tokens, asked before and beside a run:
// each has a connection of its own, none is measured. Lives on one thread, that of its io_context.
#pragma once

#include <string>

#include <boost/asio/ssl/context.hpp>

#include "harbor_router/bench/prepare.hpp"
#include "harbor_router/http/exchange.hpp"
#include "harbor_router/oci/challenge.hpp"

namespace harbor_router::bench {

struct Answer {
  int status = 0;
  std::string digest, challenge, body;
};

class Inquiry {
 public:
  // settings and tls must outlive it; tls may be null where nothing asked is https.
  Inquiry(const PrepareSettings& settings, http::asio::io_context& context,
          http::asio::ssl::context* tls)
      : settings_(settings), context_(context), deadlines_(context), tls_(tls) {
    deadlines_.start();
  }
  void stop() { deadlines_.stop(); }  // so that the io_context runs dry

  [[nodiscard]] http::Awaitable<base::Result<Answer>> get(http::Origin origin, std::string target,
                                                          std::string authorization);
  // The value of an Authorization field: a new token, and when the one after it is due.
  [[nodiscard]] http::Awaitable<base::Result<std::string>> fetch(TokenSource& source);
  [[nodiscard]] std::string basic() const;  // only with a login

 private:
  const PrepareSettings& settings_;
  http::asio::io_context& context_;
  http::Deadlines deadlines_;
  http::BufferPool buffers_;
  http::asio::ssl::context* tls_;
};

// What an answer's status keeps from.
[[nodiscard]] base::Errc errc_of(int status);

// Where a Bearer challenge says its tokens are, for pulling the repository.
[[nodiscard]] base::Result<TokenSource> token_source(const oci::BearerChallenge& challenge,
                                                     const std::string& repository);

}  // namespace harbor_router::bench
