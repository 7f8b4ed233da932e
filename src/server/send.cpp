#include "server/request.hpp"

namespace harbor_router::server {

http::Awaitable<Sent> send(Request& request, Reply reply, RequestType type) {
  Worker& worker = request.worker;
  const bool bodiless = reply.status == 204 || reply.status == 304;
  const std::string_view body = request.is_head() || bodiless ? std::string_view() : reply.body();
  std::string& out = request.state.out;
  out.clear();
  append_head(
      out, reply,
      {.date = worker.date, .request_id = request.request_id, .keep_alive = request.keep_alive},
      bodiless ? BodyLength::none : BodyLength::counted,
      reply.announced_length.value_or(reply.body().size()));
  http::TwoBuffers buffers{boost::asio::const_buffer(out.data(), out.size()),
                           boost::asio::const_buffer(body.data(), body.size())};
  http::Connection& client = request.session.connection;
  http::error_code error = client.write_now(buffers);
  if (error == boost::asio::error::would_block)
    error = co_await client.write(buffers, worker.shared.settings.clients.write_timeout);
  co_return Sent{.status = reply.status,
                 .bytes = error ? 0 : body.size(),
                 .project = std::move(reply.project),
                 .cache = reply.cache,
                 .type = type,
                 .keep_alive = request.keep_alive && !error};
}

}  // namespace harbor_router::server
