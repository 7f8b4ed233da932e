#include "server/ask_harbor.hpp"

#include "harbor_router/base/chance.hpp"

namespace harbor_router::server {

namespace {

// In the words of a project's answer, by which repeats are decided.
harbor::Answer as_answer(const base::Result<harbor::ApiAnswer>& said) {
  harbor::Answer answer;
  if (!said) {
    answer.outcome = harbor::outcome_of(said.error().code);
    answer.failure = said.error().code;
    return answer;
  }
  answer.outcome = said->status >= 500 ? harbor::Outcome::failed : harbor::Outcome::hit;
  answer.status = said->status;
  answer.retry_after = said->retry_after;
  return answer;
}

void tell_when(Reply& reply, std::optional<std::chrono::seconds> delay) {
  if (!delay && reply.status == 429) delay = retry_when_limited;
  if (delay) reply.add_retry_after(*delay);
}

oci::ErrorCode code_of(int status) {
  return status == 401   ? oci::ErrorCode::unauthorized
         : status == 403 ? oci::ErrorCode::denied
         : status == 429 ? oci::ErrorCode::too_many_requests
                         : oci::ErrorCode::unknown;
}

}  // namespace

http::Awaitable<base::Result<harbor::ApiAnswer>> ask_harbor(Worker& worker, std::string target,
                                                            std::string authorization) {
  const UpstreamSettings& upstream = worker.shared.settings.upstream;
  const routing::RetrySettings retry{.repeats = upstream.retry_repeats,
                                     .base_delay = upstream.retry_base_delay};
  const base::TimePoint deadline = base::Clock::now() + upstream.question_timeout;
  for (std::size_t repeats = 0;; ++repeats) {
    auto answer = co_await worker.client.get(target, authorization, deadline);
    const auto wait = routing::wait_before_repeat(
        as_answer(answer),
        {.repeats = repeats, .time_left = deadline - base::Clock::now(), .chance = base::chance()},
        retry);
    if (!wait) co_return answer;
    http::Timer timer(worker.context.get_executor(), *wait);
    co_await timer.async_wait(http::as_result);
  }
}

http::Awaitable<base::Result<harbor::TokenAnswer>> ask_for_token(Worker& worker, std::string basic,
                                                                 std::vector<std::string> scopes) {
  std::string target = harbor::token_target(scopes);
  auto answer = co_await ask_harbor(worker, std::move(target), std::move(basic));
  if (!answer) co_return answer.error();
  co_return harbor::token_of(*answer);
}

Reply harbor_unreachable(const base::Failure& failure) {
  const harbor::Outcome outcome = harbor::outcome_of(failure.code);
  const int status = outcome == harbor::Outcome::timeout       ? 504
                     : outcome == harbor::Outcome::limited     ? 429
                     : failure.code == base::Errc::unavailable ? 503
                                                               : 502;
  Reply reply = error_reply(
      status, {code_of(status), "Harbor could not be asked who this is: " + failure.detail});
  tell_when(reply, failure.retry_after);
  return reply;
}

Reply error_told_on(const harbor::ApiAnswer& answer) {
  const int status = answer.status >= 400 && answer.status < 600 ? answer.status : 502;
  Reply reply = oci::is_error_body(answer.body)
                    ? json_reply(status, answer.body)
                    : error_reply(status, {code_of(status), "Harbor's token endpoint answered " +
                                                                std::to_string(answer.status)});
  tell_when(reply, answer.retry_after);
  return reply;
}

}  // namespace harbor_router::server
