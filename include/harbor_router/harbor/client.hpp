// Speaks to Harbor for one thread: registry questions, its API, its token endpoint.
//
// The pool and buffers belong to the same thread; account and tokens are shared by all. Sends
// Harbor its own Host, never the client's, and no field of the client but those named in Question.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harbor_router/harbor/account.hpp"
#include "harbor_router/harbor/token.hpp"
#include "harbor_router/harbor/upstream.hpp"
#include "harbor_router/http/buffer.hpp"
#include "harbor_router/http/pool.hpp"

namespace harbor_router::harbor {

inline constexpr std::size_t max_manifest_bytes = 4 * 1024 * 1024;
inline constexpr std::size_t max_page_bytes = 16 * 1024 * 1024;

struct ClientSettings {
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);  // a question's answer
  // Called for each answer of a project (status 0: none came); may be empty.
  std::function<void(const std::string& project, int status)> on_answer;
};

// An answer of Harbor's own API, read whole.
struct ApiAnswer {
  int status = 0;
  std::string content_type, link, total_count, body;
  std::optional<std::chrono::seconds> retry_after;
};
// Why an answer that is not the one hoped for is of no use: limited, unavailable, or
// unexpected_answer. what: who answered, for people.
[[nodiscard]] base::Failure failure_of(const ApiAnswer& answer, const std::string& what);

// Harbor's token endpoint, and what its answer says; refused_account: not to this account.
[[nodiscard]] std::string token_target(const std::vector<std::string>& scopes);
[[nodiscard]] base::Result<TokenAnswer> token_of(const ApiAnswer& answer);

class Client final : public Upstream {
 public:
  Client(http::Pool& pool, http::BufferPool& buffers, Account& account, TokenStore& tokens,
         ClientSettings settings);

  Awaitable<std::shared_ptr<Answer>> ask(Errand errand) override;

  // authorization: a whole field value, or empty for an anonymous request. deadline: without one,
  // that of any question.
  [[nodiscard]] Awaitable<base::Result<ApiAnswer>> get(
      std::string target, std::string authorization,
      std::optional<base::TimePoint> deadline = std::nullopt);
  // A token for the router's own account; without scopes it only checks the account, since Harbor
  // answers a wrong password with scopes by an anonymous token. Failure refused_account when Harbor
  // does not accept it.
  [[nodiscard]] Awaitable<base::Result<TokenAnswer>> own_token(std::vector<std::string> scopes);
  [[nodiscard]] Account& account() noexcept { return account_; }
  [[nodiscard]] TokenStore& tokens() noexcept { return tokens_; }

 private:
  // What one question is asked with, used again by the next.
  struct Attempt {
    std::unique_ptr<http::Exchange> exchange;  // null: it became an answer's stream
    std::string request;
  };
  [[nodiscard]] Attempt take_attempt();
  void give_back(Attempt attempt);
  // The value of an Authorization field, in two parts; a token is shared, not copied.
  struct Authorization {
    std::string_view scheme;  // with its space, or empty where it is part of what follows
    std::shared_ptr<const std::string> rest;
  };
  // If it is known without asking.
  [[nodiscard]] std::optional<Authorization> authorization_at_hand(
      const std::string& project, const CredentialsPointer& credentials);
  // Of the router's own account.
  [[nodiscard]] Awaitable<base::Result<Authorization>> own_authorization(std::string project);
  void write_request_head(std::string& head, const Errand& errand,
                          const Authorization& authorization) const;

  http::Pool& pool_;
  http::BufferPool& buffers_;
  Account& account_;
  TokenStore& tokens_;
  ClientSettings settings_;
  const std::string fixed_fields_;  // of every request
  std::vector<Attempt> free_attempts_;
};

}  // namespace harbor_router::harbor
