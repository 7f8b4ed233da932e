// Invariants: a client between requests owns a coroutine frame and a socket, and a buffer only
// while it is busy (the sweep takes it back after `keep_buffer`); head views end with the request;
// whatever leaves the place of the next request in doubt closes the connection.
#include "server/session.hpp"

#include <algorithm>

#include "harbor_router/http/chunked.hpp"
#include "harbor_router/observe/request_id.hpp"

namespace harbor_router::server {

namespace {

using base::Clock;
using base::Errc;
using base::failure;

constexpr std::chrono::seconds keep_buffer{2};
constexpr std::uint64_t max_body = 64 * 1024;
// skopeo, podman and docker try https first; unanswered, they would wait 10 s before they try http.
constexpr char tls_handshake = 0x16;

bool must_leave(const Worker& worker, const Session& session) {
  return session.port == Port::pulls && worker.shared.draining.load(std::memory_order_relaxed);
}

// size 0: there is none, since the client has gone or may go, or, when quiet, because it has been
// silent for so long that others have better use for its buffer.
struct HeadRead {
  std::size_t size = 0;
  bool quiet = false;
};

// What is known of the socket when a head is to be read.
enum class Known { nothing, readable };

// Bytes of the next head, with a buffer to read into.
http::Awaitable<base::Result<HeadRead>> read_head(Worker& worker, Session& session,
                                                  http::Buffer& buffer, Known known,
                                                  base::TimePoint quiet_at) {
  const ClientSettings& limits = worker.shared.settings.clients;
  http::Connection& connection = session.connection;
  bool started = false;
  for (;;) {
    if (const std::size_t size = http::head_size(buffer.bytes())) {
      connection.at_deadline = http::AtDeadline::close;
      connection.deadline.clear();
      session.idle = false;
      co_return HeadRead{.size = size};
    }
    if (buffer.bytes().size() >= http::max_head_bytes)
      co_return failure(Errc::too_large, "head over 32 KiB");
    if (!buffer.empty() && buffer.bytes().front() == tls_handshake)
      co_return failure(Errc::invalid, "this port speaks plain HTTP, not TLS");
    if (!buffer.empty() && !started) {
      started = true;
      session.idle = false;
      connection.at_deadline = http::AtDeadline::interrupt;  // it is told, then closed
      connection.deadline.set_after(limits.header_timeout);
    }
    if (!started) {
      session.idle = true;
      if (must_leave(worker, session)) co_return HeadRead{};
      connection.at_deadline = http::AtDeadline::interrupt;
      connection.deadline.set(quiet_at);
    }
    const std::span<char> space = buffer.space();
    const boost::asio::mutable_buffer target(space.data(), space.size());
    http::IoResult read;
    if (started || known == Known::readable)
      read = co_await connection.read_some(target);
    else
      read = co_await connection.read_next(target);
    const auto [error, count] = read;
    if (!error) {
      buffer.grew(count);
      continue;
    }
    const bool late = connection.deadline.expired();
    if (!started && late && connection.is_open()) co_return HeadRead{.quiet = true};
    connection.at_deadline = http::AtDeadline::close;
    if (started && late)
      co_return failure(Errc::timeout, "the request's head did not come in time");
    co_return HeadRead{};
  }
}

// How reading a body went; but for `whole` the next head cannot be found any more.
enum class BodyRead { whole, too_large, malformed, not_in_time };

Reply body_refusal(BodyRead why) {
  using oci::ErrorCode;
  switch (why) {
    case BodyRead::malformed:
      return error_reply(400, {ErrorCode::unsupported, "bad chunked coding"});
    case BodyRead::not_in_time:
      return error_reply(408, {ErrorCode::unsupported, "the request's body did not come in time"});
    case BodyRead::too_large:
    case BodyRead::whole:
      break;
  }
  return error_reply(413, {ErrorCode::unsupported, "a request here has no body, or a short one"});
}

// Reads a short body, so that the next head is found: a token request's form, or what a GET should
// not have.
http::Awaitable<BodyRead> read_body(Worker& worker, Session& session, http::Buffer& buffer,
                                    RequestState& state) {
  const http::RequestHead& head = state.head;
  if (head.content_length > max_body) co_return BodyRead::too_large;
  http::ChunkedDecoder chunked;
  std::uint64_t left = head.content_length, used = 0;
  // The head's views lie in the buffer, so what must still be read goes elsewhere.
  http::Buffer scratch;
  http::Buffer* from = &buffer;
  for (;;) {
    const std::span<char> bytes = from->filled();
    if (head.framing == http::Framing::chunked) {
      const auto step = chunked.decode(bytes);
      used += step.consumed;
      if (step.bad) co_return BodyRead::malformed;
      if (used > max_body) co_return BodyRead::too_large;
      state.body.append(bytes.data(), step.produced);
      from->consume(step.consumed);
      // What follows in scratch would be the next request, out of the buffer's reach.
      if (chunked.done())
        co_return from == &buffer || from->empty() ? BodyRead::whole : BodyRead::too_large;
    } else {
      const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
      state.body.append(bytes.data(), take);
      from->consume(take);
      left -= take;
      if (left == 0) co_return BodyRead::whole;
    }
    if (!scratch.allocated()) scratch = worker.buffers.take();
    from = &scratch;
    scratch.clear();
    std::span<char> space = scratch.space();
    if (head.framing == http::Framing::length && space.size() > left)
      space = space.first(static_cast<std::size_t>(left));
    auto [error, count] = co_await session.connection.read_some(
        boost::asio::mutable_buffer(space.data(), space.size()));
    if (error) co_return BodyRead::not_in_time;
    scratch.grew(count);
  }
}

void record(Worker& worker, const Request& request, const Sent& sent, base::TimePoint start) {
  const auto duration = Clock::now() - start;
  const std::string_view target = request.head().target;
  worker.metrics.count({.method = request.head().method,
                        .type = sent.type,
                        .status = sent.status,
                        .cache = sent.cache,
                        .duration = duration});
  worker.shared.log.access(
      {.method = request.head().method,
       .path = target.substr(0, target.find('?')),
       .status = sent.status,
       .project = sent.project ? std::string_view(sent.project->name) : std::string_view(),
       .cache = routing::to_string(sent.cache),
       .duration = duration,
       .bytes = sent.bytes,
       .client = request.client,
       .request_id = request.request_id});
}

// What cannot be parsed is answered and then closed; there is no head to speak of.
http::Awaitable<> refuse_head(Worker& worker, Session& session, base::Failure fault) {
  const int status = fault.code == Errc::timeout ? 408 : fault.code == Errc::too_large ? 431 : 400;
  auto state = worker.take_state();
  state->head = http::RequestHead{};
  const observe::RequestId id = observe::make_request_id();
  Request request{worker, session, *state, id.view(), session.client, false};
  Reply reply = error_reply(status, {oci::ErrorCode::unsupported, fault.detail});
  const base::TimePoint start = Clock::now();
  const Sent sent = co_await send(request, std::move(reply), RequestType::other);
  record(worker, request, sent, start);
  worker.give_back(std::move(state));
}

// One request whose head is in the buffer; true when the connection can carry another.
http::Awaitable<bool> serve_request(Worker& worker, Session& session, http::Buffer& buffer,
                                    std::size_t head_size) {
  const base::TimePoint start = Clock::now();
  auto state = worker.take_state();
  auto parsed = http::parse_request_head(buffer.bytes().substr(0, head_size), state->head);
  if (!parsed) {
    base::Failure fault = parsed.error();
    co_await refuse_head(worker, session, std::move(fault));
    co_return false;
  }
  buffer.consume(head_size);
  const std::string_view sent_id = state->head.fields.get("X-Request-Id");
  const observe::RequestId own_id = observe::make_request_id();
  const std::string client =
      client_address(session.client, state->head.fields.all("X-Forwarded-For"),
                     worker.shared.settings.clients.trusted_proxies);
  Request request{worker, session,
                  *state, observe::is_request_id(sent_id) ? sent_id : own_id.view(),
                  client, state->head.keep_alive && !must_leave(worker, session)};
  worker.shared.inflight.add(1);
  BodyRead body = BodyRead::whole;
  if (state->head.framing != http::Framing::none) {
    session.connection.at_deadline = http::AtDeadline::interrupt;
    session.connection.deadline.set_after(worker.shared.settings.clients.header_timeout);
    body = co_await read_body(worker, session, buffer, *state);
    session.connection.at_deadline = http::AtDeadline::close;
    session.connection.deadline.clear();
  }
  Sent sent;
  if (body == BodyRead::whole) {
    const auto answer = session.port == Port::pulls ? &answer_pull_port : &answer_metrics_port;
    sent = co_await answer(request);
  } else {
    request.keep_alive = false;
    Reply reply = body_refusal(body);
    sent = co_await send(request, std::move(reply), RequestType::other);
  }
  worker.shared.inflight.add(-1);
  record(worker, request, sent, start);
  worker.give_back(std::move(state));
  co_return sent.keep_alive;
}

}  // namespace

http::Awaitable<> serve_client(Worker& worker, http::Socket socket, std::string client, Port port) {
  Session session(std::move(socket), worker.deadlines, port, std::move(client));
  worker.sessions.push_back(session);
  const ClientSettings& limits = worker.shared.settings.clients;
  http::Buffer buffer;
  base::TimePoint until = Clock::now() + limits.header_timeout, quiet_at = until;
  try {
    for (;;) {
      Known known = Known::nothing;
      if (!buffer.allocated()) {
        // An idle client waits here, where it costs no frame but this one.
        session.idle = true;
        if (must_leave(worker, session)) break;
        session.connection.at_deadline = http::AtDeadline::close;
        session.connection.deadline.set(until);
        const auto [gone] = co_await session.connection.wait_readable();
        if (gone) break;
        buffer = worker.buffers.take();
        known = Known::readable;
      }
      auto head = co_await read_head(worker, session, buffer, known, quiet_at);
      if (!head) {
        base::Failure fault = head.error();
        if (session.connection.is_open()) co_await refuse_head(worker, session, std::move(fault));
        break;
      }
      if (head->quiet) {
        buffer = http::Buffer{};
        continue;
      }
      if (head->size == 0) break;
      const bool goes_on = co_await serve_request(worker, session, buffer, head->size);
      if (!goes_on) break;
      if (buffer.empty())
        buffer.clear();
      else
        buffer.compact();
      const base::TimePoint silent_since = Clock::now();
      until = silent_since + limits.idle_timeout;
      quiet_at = std::min(silent_since + keep_buffer, until);
    }
  } catch (const std::exception& bug) {
    worker.shared.log.error("a request ended in an exception", {{"error", bug.what()}});
  }
  if (port == Port::pulls) worker.shared.connections.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace harbor_router::server
