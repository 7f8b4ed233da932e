// Invariants: a client between requests owns a coroutine frame and a socket, no buffer; head views
// end with the request; whatever leaves the place of the next request in doubt closes the
// connection.
#include "server/session.hpp"

#include <algorithm>

#include "harbor_router/http/chunked.hpp"
#include "harbor_router/observe/request_id.hpp"

namespace harbor_router::server {

namespace {

using base::Clock;
using base::Errc;
using base::failure;

// An end that came together with a request was not told (Connection::read_next): who is silent for
// so long is looked at, once.
constexpr std::chrono::seconds before_look{2};
constexpr std::uint64_t max_body = 64 * 1024;
// Closed with bytes unread, a connection is reset, and the refusal lost on its way.
constexpr std::chrono::seconds for_unread{1};

// skopeo, podman and docker try https first; unanswered, they would wait 10 s before they try http.
constexpr char tls_handshake = 0x16;

bool must_leave(const Worker& worker, const Session& session) {
  return session.port == Port::pulls && worker.shared.draining.load(std::memory_order_relaxed);
}

// What of a head did not come with its first bytes; how long it is. 0: the client has gone.
http::Awaitable<base::Result<std::size_t>> read_rest_of_head(Worker& worker, Session& session,
                                                             http::Buffer& buffer) {
  http::Connection& connection = session.connection;
  connection.at_deadline = http::AtDeadline::interrupt;  // it is told, then closed
  connection.deadline.set_after(worker.shared.settings.clients.header_timeout);
  std::size_t size = 0;
  while (size == 0) {
    if (buffer.bytes().size() >= http::max_head_bytes) {
      const bool is_one_line = buffer.bytes().find('\n') == std::string_view::npos;
      co_return failure(is_one_line ? Errc::target_too_long : Errc::too_large, "head over 32 KiB");
    }
    if (buffer.bytes().front() == tls_handshake)
      co_return failure(Errc::invalid, "this port speaks plain HTTP, not TLS");
    const std::span<char> space = buffer.space();
    const auto [error, count] =
        co_await connection.read_some(boost::asio::mutable_buffer(space.data(), space.size()));
    const bool late = connection.deadline.expired();
    if (error && late) co_return failure(Errc::timeout, "the request's head did not come in time");
    if (error) co_return std::size_t{0};
    buffer.grew(count);
    size = http::head_size(buffer.bytes());
  }
  connection.at_deadline = http::AtDeadline::close;
  connection.deadline.clear();
  co_return size;
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

// Whether the client sends his body only when told to, and it is one that will be read (RFC 9110
// section 10.1.1).
bool awaits_continue(const http::RequestHead& head, const http::Buffer& buffer) {
  return head.version >= 11 && buffer.empty() && head.content_length <= max_body &&
         http::lists_token(head.fields.get("Expect"), "100-continue");
}

http::Awaitable<> say_continue(Worker& worker, Session& session) {
  static constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  const http::TwoBuffers out{boost::asio::const_buffer(interim.data(), interim.size()), {}};
  // Whoever is gone has no body to be read either.
  co_await session.connection.write(out, worker.shared.settings.clients.write_timeout);
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

void write_access_line(const Request& request, const Sent& sent, base::Duration duration) {
  const std::string_view target = request.head().target;
  request.worker.shared.log.access(
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

void record(Worker& worker, const Request& request, const Sent& sent, base::TimePoint start) {
  const base::Duration duration = Clock::now() - start;
  worker.metrics.count({.method = request.head().method,
                        .type = sent.type,
                        .status = sent.status,
                        .cache = sent.cache,
                        .duration = duration});
  write_access_line(request, sent, duration);
}

// What cannot be parsed is answered and then closed; there is no head to speak of.
http::Awaitable<> refuse_head(Worker& worker, Session& session, base::Failure fault) {
  const int status = fault.code == Errc::timeout           ? 408
                     : fault.code == Errc::target_too_long ? 414
                     : fault.code == Errc::too_large       ? 431
                                                           : 400;
  auto state = worker.take_state();
  state->head = http::RequestHead{};
  const observe::RequestId id = observe::make_request_id();
  Request request{worker, session, *state, id.view(), session.client, false};
  Reply reply = error_reply(status, {oci::ErrorCode::unsupported, fault.detail});
  if (session.port == Port::pulls)
    if (auto refused = over_rate_limit(request)) reply = std::move(*refused);
  const base::TimePoint start = Clock::now();
  const Sent sent = co_await send(request, std::move(reply), RequestType::other);
  record(worker, request, sent, start);
  worker.give_back(std::move(state));
}

// Drops what the client still sends of a request that was refused, so that he reads why.
http::Awaitable<> drop_unread(Worker& worker, Session& session, http::Buffer& buffer) {
  http::Connection& connection = session.connection;
  http::error_code ignored;  // whoever is gone is told nothing
  connection.socket().shutdown(http::Socket::shutdown_send, ignored);
  connection.deadline.set_after(for_unread);
  for (;;) {
    buffer = http::Buffer{};
    const auto [gone] = co_await connection.wait_readable();  // others get their turn
    if (gone) break;
    buffer = worker.buffers.take();
    const std::span<char> space = buffer.space();
    const auto [error, count] =
        co_await connection.read_some(boost::asio::mutable_buffer(space.data(), space.size()));
    if (error) break;
  }
}

// Counted, and its session's, while it lives, however that ends.
class InFlight {
 public:
  InFlight(const Request& request, base::TimePoint start) : request_(request) {
    request.worker.shared.inflight.add(1);
    request.session.request = &request;
    request.session.asked_at = start;
  }
  ~InFlight() {
    request_.session.request = nullptr;
    request_.worker.shared.inflight.add(-1);
  }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  const Request& request_;
};

Answering answer(Request& request, BodyRead body) {
  if (body != BodyRead::whole) {
    request.keep_alive = false;
    return answer_with(request, body_refusal(body), RequestType::other);
  }
  return request.session.port == Port::pulls ? answer_pull_port(request)
                                             : answer_metrics_port(request);
}

// The request that the buffer begins with; true when the connection can carry another.
http::Awaitable<bool> serve_next(Worker& worker, Session& session, http::Buffer& buffer) {
  base::Result<std::size_t> size = http::head_size(buffer.bytes());
  if (*size == 0) size = co_await read_rest_of_head(worker, session, buffer);
  if (size && *size == 0) co_return false;
  const base::TimePoint start = Clock::now();
  auto state = worker.take_state();
  base::Result<void> parsed{};
  if (size) parsed = http::parse_request_head(buffer.bytes().substr(0, *size), state->head);
  if (!size || !parsed) {
    base::Failure fault = size ? parsed.error() : size.error();
    session.connection.at_deadline = http::AtDeadline::close;
    if (!session.connection.is_open()) co_return false;
    co_await refuse_head(worker, session, std::move(fault));
    co_await drop_unread(worker, session, buffer);
    co_return false;
  }
  buffer.consume(*size);
  const std::string_view sent_id = state->head.fields.get("X-Request-Id");
  const observe::RequestId own_id = observe::make_request_id();
  const std::string client =
      client_address(session.client, state->head.fields.all("X-Forwarded-For"),
                     worker.shared.settings.clients.trusted_proxies);
  Request request{worker, session,
                  *state, observe::is_request_id(sent_id) ? sent_id : own_id.view(),
                  client, state->head.keep_alive && !must_leave(worker, session)};
  std::optional<InFlight> in_flight(std::in_place, request, start);
  BodyRead body = BodyRead::whole;
  if (state->head.framing != http::Framing::none) {
    if (awaits_continue(state->head, buffer)) co_await say_continue(worker, session);
    session.connection.at_deadline = http::AtDeadline::interrupt;
    session.connection.deadline.set_after(worker.shared.settings.clients.header_timeout);
    body = co_await read_body(worker, session, buffer, *state);
    session.connection.at_deadline = http::AtDeadline::close;
    session.connection.deadline.clear();
  }
  Answering answering = answer(request, body);
  Sent sent;
  if (auto* rest = std::get_if<http::Awaitable<Sent>>(&answering))
    sent = co_await std::move(*rest);
  else
    sent = std::get<Sent>(std::move(answering));
  in_flight.reset();
  record(worker, request, sent, start);
  worker.give_back(std::move(state));
  if (body != BodyRead::whole) co_await drop_unread(worker, session, buffer);
  co_return sent.keep_alive;
}

}  // namespace

void record_cut(Worker& worker) {
  const base::TimePoint now = Clock::now();
  for (const Session& session : worker.sessions) {
    if (session.request == nullptr) continue;
    Sent sent;
    if (session.sent_so_far) sent = session.sent_so_far();
    write_access_line(*session.request, sent, now - session.asked_at);
  }
}

http::Awaitable<> serve_client(Worker& worker, std::unique_ptr<Session> session) {
  worker.sessions.push_back(*session);
  const ClientSettings& limits = worker.shared.settings.clients;
  http::Connection& connection = session->connection;
  http::Buffer buffer;  // while there is something in it
  base::TimePoint until = Clock::now() + limits.header_timeout, look = until;
  try {
    for (;;) {
      if (buffer.empty()) {
        buffer = http::Buffer{};
        session->idle = true;
        if (must_leave(worker, *session) && !session->has_asked()) break;
        connection.at_deadline =
            look < until ? http::AtDeadline::interrupt : http::AtDeadline::close;
        connection.deadline.set(look);
        const auto [error, count] = co_await connection.read_next(buffer, worker.buffers);
        if (error && (look == until || !connection.deadline.expired() || connection.peer_is_gone()))
          break;
        if (error) {
          look = until;
          continue;
        }
        buffer.grew(count);
        session->idle = false;
        connection.at_deadline = http::AtDeadline::close;
        connection.deadline.clear();
      } else {
        buffer.compact();
      }
      const bool goes_on = co_await serve_next(worker, *session, buffer);
      if (!goes_on) break;
      const base::TimePoint now = base::recently();
      until = now + limits.idle_timeout;
      look = std::min(now + before_look, until);
    }
  } catch (const std::exception& bug) {
    worker.shared.log.error("a request ended in an exception", {{"error", bug.what()}});
  }
  if (session->port == Port::pulls)
    worker.shared.connections.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace harbor_router::server
