#include "server/blob_stream.hpp"

#include <algorithm>

#include "harbor_router/http/relay.hpp"
#include "server/authentication.hpp"
#include "server/blob_part.hpp"
#include "server/verdict_reply.hpp"

namespace harbor_router::server {

namespace {

struct Rest {
  routing::OwnAnswer answer;
  Piece piece;
};

// Before the next try for the rest: a Harbor that starts anew takes seconds.
std::chrono::nanoseconds wait_before_next(const harbor::Answer& answer, std::size_t resumes,
                                          const UpstreamSettings& upstream) {
  const std::chrono::nanoseconds usual =
      upstream.retry_base_delay * (std::int64_t{1} << 2 * std::min<std::size_t>(resumes, 4));
  return std::min<std::chrono::nanoseconds>(
      std::max<std::chrono::nanoseconds>(usual,
                                         answer.retry_after.value_or(std::chrono::seconds(0))),
      upstream.question_timeout);
}

void warn(const Request& request, const BlobStream& blob, std::string_view what,
          std::string_view error) {
  request.worker.shared.log.warning(what, {{"project", blob.candidate.project->name},
                                           {"error", error},
                                           {"request_id", request.request_id}});
}

// The token died while the blob was on its way: true where a password gave another.
http::Awaitable<bool> renew_credentials(Request& request, harbor::Question& question) {
  if (question.credentials->kind != harbor::Credentials::Kind::person) co_return false;
  harbor::CredentialsPointer refused = question.credentials;
  auto anew = co_await authenticated_anew(request, *request.state.path, std::move(refused));
  auto* credentials = anew ? std::get_if<harbor::CredentialsPointer>(&*anew) : nullptr;
  if (credentials == nullptr) co_return false;
  question.credentials = std::move(*credentials);
  co_return true;
}

// Tried until it is to be had, BLOB_RESUME_MAX is reached or the client has left.
http::Awaitable<std::optional<Rest>> ask_for_rest(Request& request, BlobStream& blob,
                                                  BlobPart missing, std::size_t& resumes) {
  Worker& worker = request.worker;
  const UpstreamSettings& upstream = worker.shared.settings.upstream;
  harbor::Question& question = blob.question;
  question.range = range_for(missing);
  question.if_none_match.clear();
  auto withdrawal = std::make_shared<harbor::Withdrawal>();
  question.withdrawal = withdrawal;
  http::Timer pause(worker.context.get_executor());
  request.session.on_gone = [withdrawal, &pause] {
    withdrawal->withdraw();
    pause.cancel();
  };
  std::optional<Rest> rest;
  bool renewed = false;
  while (resumes < upstream.blob_resumes && !withdrawal->is_withdrawn()) {
    ++resumes;
    worker.shared.blob_resumes.add();
    auto answer = co_await worker.resolver.ask_project(blob.candidate, question);
    if (const auto piece = answer->stream ? piece_of(missing, *answer) : std::nullopt) {
      rest = Rest{.answer = std::move(answer), .piece = *piece};
      break;
    }
    if (answer->outcome == harbor::Outcome::refused && !renewed) {
      renewed = co_await renew_credentials(request, question);
      if (!renewed) break;
      --resumes;  // the blob was not asked for in vain, but without a right
      continue;
    }
    if (!harbor::is_unknown(answer->outcome) || resumes == upstream.blob_resumes ||
        withdrawal->is_withdrawn())
      break;
    pause.expires_after(wait_before_next(*answer, resumes, upstream));
    co_await pause.async_wait(http::as_result);
  }
  request.session.on_gone = nullptr;
  if (!rest && !withdrawal->is_withdrawn())
    warn(request, blob, "a blob ended before its end", "the rest is not to be had");
  co_return rest;
}

// Of an answer without a byte: only the digest of nothing may have one.
std::optional<base::Failure> fault_of_nothing(const BlobStream& blob) {
  const auto digest = oci::Digest::parse(blob.question.reference);
  if (digest && digest->matches("")) return std::nullopt;
  return base::failure(base::Errc::unexpected_answer, "answered with nothing");
}

// The client has heard nothing yet, and hears why.
http::Awaitable<Sent> refuse(Request& request, BlobStream& blob, base::Failure why) {
  harbor::Answer answer{.outcome = harbor::outcome_of(why.code), .detail = std::move(why.detail)};
  const bool late = answer.outcome == harbor::Outcome::timeout;
  const routing::Resolution failed{
      .kind = late ? routing::Verdict::Kind::timed_out : routing::Verdict::Kind::failed,
      .project = blob.candidate.project,
      .answer = std::make_shared<const harbor::Answer>(std::move(answer))};
  Reply reply = verdict_reply(failed, {.endpoint = oci::Endpoint::blobs});
  reply.project = blob.candidate.project;
  reply.cache = blob.reply.cache;
  return send(request, std::move(reply), RequestType::blob);
}

}  // namespace

http::Awaitable<Sent> stream_blob(Request& request, BlobStream blob) {
  Worker& worker = request.worker;
  Shared& shared = worker.shared;
  http::Connection& client = request.session.connection;
  std::optional<BlobPart> promised = part_in(*blob.resolution.blob);
  const auto length =
      blob.resolution.blob->length || !promised ? blob.resolution.blob->length : promised->length();
  // HTTP/1.0 knows no chunks: such a client is told of the end by the end of the connection.
  const bool until_close = !length && request.head().version < 11;
  const bool chunked = !length && !until_close;
  if (until_close) client.set_at_close(http::AtClose::reset);  // until it is the end
  const http::BodyCoding coding = chunked ? http::BodyCoding::chunked : http::BodyCoding::counted;
  http::Relayed relayed;
  append_head(
      relayed.unsent, blob.reply,
      {.date = worker.date, .request_id = request.request_id, .keep_alive = request.keep_alive},
      length    ? BodyLength::counted
      : chunked ? BodyLength::chunked
                : BodyLength::none,
      length.value_or(0));
  http::RelayLimits limits{.read_timeout = shared.settings.upstream.blob_read_timeout,
                           .write_timeout = shared.settings.clients.write_timeout};
  if (promised && promised->last) limits.take = *promised->length();
  const auto tell_breaker = [&](harbor::Answer how) {
    shared.core.breakers.answered(*blob.candidate.project, how, base::Clock::now());
  };
  const auto sent_so_far = [&] {
    return Sent{.status = relayed.bytes > 0 ? blob.reply.status : 0,
                .bytes = relayed.bytes,
                .project = blob.reply.project,
                .cache = blob.reply.cache,
                .type = RequestType::blob};
  };
  request.session.sent_so_far = sent_so_far;
  std::size_t resumes = 0;
  bool gone = false, ended = false;
  for (;;) {
    http::Exchange& stream = *blob.resolution.blob->stream;
    request.session.on_gone = [&stream, &gone] {
      gone = true;
      stream.abort();
    };
    co_await http::relay_body(stream, client, coding, limits, relayed);
    request.session.on_gone = nullptr;
    if (relayed.client_failed || gone) break;
    if (relayed.whole() && relayed.bytes == 0) relayed.upstream_failed = fault_of_nothing(blob);
    const std::optional<BlobPart> missing =
        promised ? rest_of(*promised, relayed.bytes) : std::nullopt;
    if (relayed.whole()) {
      tell_breaker({.outcome = harbor::Outcome::hit});
      ended = !missing || !missing->last;
      if (ended) break;
      relayed.upstream_failed = base::failure(base::Errc::closed, "answered with a part of it");
    } else {
      const base::Errc cut = relayed.upstream_failed->code;
      tell_breaker({.outcome = harbor::outcome_of(cut), .failure = cut});
    }
    if (!missing || resumes >= shared.settings.upstream.blob_resumes) {
      warn(request, blob, "a blob ended before its end", relayed.upstream_failed->detail);
      break;
    }
    warn(request, blob, "a blob was cut, asking for the rest", relayed.upstream_failed->detail);
    blob.resolution.blob->stream = nullptr;  // closes it, before another is opened
    blob.resolution.blob->place = nullptr;
    std::optional<Rest> rest = co_await ask_for_rest(request, blob, *missing, resumes);
    if (!rest) break;
    blob.resolution.blob = std::move(rest->answer);
    promised->last = rest->piece.wanted.last;
    promised->total = rest->piece.wanted.total;
    limits.skip = rest->piece.skip;
    limits.take = rest->piece.take;
  }
  request.session.sent_so_far = nullptr;
  if (ended) co_await http::end_body(client, coding, limits.write_timeout, relayed);
  if (ended && until_close) client.set_at_close(http::AtClose::end);
  if (relayed.upstream_failed && relayed.bytes == 0 && !client.peer_is_gone()) {
    client.set_at_close(http::AtClose::end);
    base::Failure why = *relayed.upstream_failed;
    co_return co_await refuse(request, blob, std::move(why));
  }
  Sent sent = sent_so_far();
  sent.status = blob.reply.status;
  sent.keep_alive = request.keep_alive && ended && relayed.whole();
  co_return sent;
}

}  // namespace harbor_router::server
