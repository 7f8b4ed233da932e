#include "server/client_check.hpp"

#include "server/challenge.hpp"

namespace harbor_router::server {

http::Awaitable<std::optional<Reply>> refusal_of_client(Request& request,
                                                        const oci::PullPath* path) {
  using Verdict = ClientPasswords::Verdict;
  std::string authorization(request.head().fields.get("Authorization"));
  std::function<bool()> has_left = [&request] { return request.session.connection.peer_is_gone(); };
  const Verdict verdict = co_await request.worker.shared.passwords->accept(std::move(authorization),
                                                                           std::move(has_left));
  if (verdict == Verdict::accepted) co_return std::nullopt;
  if (verdict == Verdict::refused)
    co_return challenge_reply(request, path, "authentication required");
  Reply reply =
      error_reply(503, {oci::ErrorCode::unknown, "too many passwords are being checked just now"});
  reply.add_retry_after(retry_when_unavailable);
  co_return reply;
}

}  // namespace harbor_router::server
