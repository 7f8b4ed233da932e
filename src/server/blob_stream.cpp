#include "server/blob_stream.hpp"

#include <algorithm>

#include "harbor_router/http/relay.hpp"
#include "harbor_router/oci/range.hpp"
#include "server/authentication.hpp"

namespace harbor_router::server {

namespace {

// Which bytes of the blob the client was promised.
std::optional<oci::ContentRange> promised(const harbor::Answer& answer) {
  if (answer.status == 206) return oci::parse_content_range(answer.content_range);
  if (answer.status != 200 || answer.length.value_or(0) == 0) return std::nullopt;
  return oci::ContentRange{.first = 0, .last = *answer.length - 1, .total = answer.length};
}

// How many bytes of a new answer come before the first one missing; nullopt when the answer does
// not hold exactly what is missing.
std::optional<std::uint64_t> bytes_to_skip(const harbor::Answer& answer,
                                           const oci::ContentRange& range,
                                           const oci::ByteSpan& missing) {
  if (!answer.stream || answer.stream->head().framing != http::Framing::length) return std::nullopt;
  const auto given = promised(answer);
  if (!given || given->last != range.last) return std::nullopt;
  if (given->first == missing.first) return 0;
  // Harbor ignores Range for what it has not cached: the whole blob comes again.
  if (answer.status == 200 && given->first == 0) return missing.first;
  return std::nullopt;
}

struct Rest {
  routing::OwnAnswer answer;
  std::uint64_t skip = 0;
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
                                                  oci::ContentRange range, oci::ByteSpan missing,
                                                  std::size_t& resumes) {
  Worker& worker = request.worker;
  const UpstreamSettings& upstream = worker.shared.settings.upstream;
  // To the end of the blob the range stays open, as Harbor may then serve it from its cache.
  const bool to_the_end = range.total && range.last + 1 == *range.total;
  harbor::Question& question = blob.question;
  question.range = "bytes=" + std::to_string(missing.first) + "-" +
                   (to_the_end ? std::string() : std::to_string(range.last));
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
    if (const auto skip = bytes_to_skip(*answer, range, missing)) {
      rest = Rest{.answer = std::move(answer), .skip = *skip};
      break;
    }
    if (answer->outcome == harbor::Outcome::refused && !renewed) {
      renewed = co_await renew_credentials(request, question);
      if (!renewed) break;
      --resumes;  // the blob was not asked for in vain, but without a right
      continue;
    }
    if (!harbor::is_unknown(answer->outcome) || resumes == upstream.blob_resumes) break;
    pause.expires_after(wait_before_next(*answer, resumes, upstream));
    co_await pause.async_wait(http::as_result);
  }
  request.session.on_gone = nullptr;
  if (!rest && !withdrawal->is_withdrawn())
    warn(request, blob, "a blob ended before its end", "the rest is not to be had");
  co_return rest;
}

}  // namespace

http::Awaitable<Sent> stream_blob(Request& request, BlobStream blob) {
  Worker& worker = request.worker;
  Shared& shared = worker.shared;
  const bool counted = blob.resolution.blob->stream->head().framing == http::Framing::length ||
                       blob.resolution.blob->stream->head().framing == http::Framing::none;
  const std::optional<oci::ContentRange> range =
      counted ? promised(*blob.resolution.blob) : std::nullopt;
  // HTTP/1.0 knows no chunks: such a client is told of the end by the end of the connection.
  const bool chunked = !counted && request.head().version >= 11;
  std::string head;
  append_head(
      head, blob.reply,
      {.date = worker.date, .request_id = request.request_id, .keep_alive = request.keep_alive},
      counted   ? BodyLength::counted
      : chunked ? BodyLength::chunked
                : BodyLength::none,
      blob.resolution.blob->stream->head().content_length);
  http::RelayLimits limits{.read_timeout = shared.settings.upstream.blob_read_timeout,
                           .write_timeout = shared.settings.clients.write_timeout};
  Sent sent{.status = blob.reply.status,
            .project = blob.reply.project,
            .cache = blob.reply.cache,
            .type = RequestType::blob};
  const auto tell_breaker = [&](harbor::Answer how) {
    shared.core.breakers.answered(*blob.candidate.project, how, base::Clock::now());
  };
  std::size_t resumes = 0;
  for (;;) {
    http::Exchange& stream = *blob.resolution.blob->stream;
    bool gone = false;
    request.session.on_gone = [&stream, &gone] {
      gone = true;
      stream.abort();
    };
    http::Relayed relayed = co_await http::relay_body(
        stream, request.session.connection, std::move(head),
        chunked ? http::BodyCoding::chunked : http::BodyCoding::counted, limits);
    request.session.on_gone = nullptr;
    sent.bytes += relayed.bytes;
    sent.keep_alive = request.keep_alive && relayed.whole();
    if (relayed.whole()) tell_breaker({.outcome = harbor::Outcome::hit});
    if (relayed.whole() || relayed.client_failed || gone) break;
    const base::Errc cut = relayed.upstream_failed->code;
    tell_breaker({.outcome = harbor::outcome_of(cut), .failure = cut});
    const auto missing = range ? oci::missing_span(*range, sent.bytes) : std::nullopt;
    if (!missing || resumes >= shared.settings.upstream.blob_resumes) {
      warn(request, blob, "a blob ended before its end", relayed.upstream_failed->detail);
      break;
    }
    warn(request, blob, "a blob was cut, asking for the rest", relayed.upstream_failed->detail);
    head = std::move(relayed.unsent_head);
    blob.resolution.blob->stream = nullptr;  // closes it, before another is opened
    blob.resolution.blob->place = nullptr;
    std::optional<Rest> rest = co_await ask_for_rest(request, blob, *range, *missing, resumes);
    if (!rest) break;
    blob.resolution.blob = std::move(rest->answer);
    limits.skip = rest->skip;
  }
  co_return sent;
}

}  // namespace harbor_router::server
