#include "server/request.hpp"

namespace harbor_router::server {

namespace {

// error: how sending ended.
Sent sent_reply(Request& request, RequestType type, http::error_code error) {
  Reply& reply = request.state.reply;
  const bool bodiless = request.is_head() || reply.status == 204 || reply.status == 304;
  return {.status = reply.status,
          .bytes = error || bodiless ? 0 : reply.body().size(),
          .project = std::move(reply.project),
          .cache = reply.cache,
          .type = type,
          .keep_alive = request.keep_alive && !error};
}

http::Awaitable<Sent> send_rest(Request& request, RequestType type) {
  const http::error_code error = co_await request.session.connection.write(
      request.state.unsent, request.worker.shared.settings.clients.write_timeout);
  co_return sent_reply(request, type, error);
}

}  // namespace

Answering answer_with(Request& request, Reply given, RequestType type) {
  RequestState& state = request.state;
  state.reply = std::move(given);
  const Reply& reply = state.reply;
  const bool bodiless = reply.status == 204 || reply.status == 304;
  const std::string_view body = request.is_head() || bodiless ? std::string_view() : reply.body();
  // Of a HEAD's blob whose length nobody told, none is told: 0 would be a lie. Nor of what a policy
  // says, which is in the answer to GET alone.
  const bool unknown_blob =
      type == RequestType::blob && reply.status < 300 && !reply.announced_length;
  const bool unknown_length = request.is_head() && (unknown_blob || reply.status == 412);
  state.out.clear();
  append_head(state.out, reply,
              {.date = request.worker.date,
               .request_id = request.request_id,
               .keep_alive = request.keep_alive},
              bodiless || unknown_length ? BodyLength::none : BodyLength::counted,
              reply.announced_length.value_or(reply.body().size()));
  state.unsent = {boost::asio::const_buffer(state.out.data(), state.out.size()),
                  boost::asio::const_buffer(body.data(), body.size())};
  const http::error_code error = request.session.connection.write_now(state.unsent);
  if (error == boost::asio::error::would_block) return send_rest(request, type);
  return sent_reply(request, type, error);
}

http::Awaitable<Sent> send(Request& request, Reply reply, RequestType type) {
  Answering answering = answer_with(request, std::move(reply), type);
  if (auto* rest = std::get_if<http::Awaitable<Sent>>(&answering))
    co_return co_await std::move(*rest);
  co_return std::get<Sent>(std::move(answering));
}

}  // namespace harbor_router::server
