// One thread of the server: its io_context, connections to Harbor and clients, and resolver.
//
// Nothing in here is touched by another thread, but for post() to its executor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "harbor_router/harbor/client.hpp"
#include "harbor_router/http/connection.hpp"
#include "harbor_router/oci/request_path.hpp"
#include "harbor_router/routing/resolver.hpp"
#include "server/recent_tokens.hpp"
#include "server/reply.hpp"
#include "server/request_metrics.hpp"
#include "server/shared.hpp"

namespace harbor_router::server {

using http::error_code;

// Which port a client came in by. The metrics port is answered through a drain: who drains a pod
// wants to see it.
enum class Port { pulls, metrics };

struct Request;
struct Sent;

// One client's connection; its coroutine owns it.
struct Session
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  Session(http::Socket socket, http::Deadlines& deadlines, Port came_by, std::string address)
      : connection(std::move(socket), deadlines), port(came_by), client(std::move(address)) {}
  // Whether something has come that was not read yet; one system call.
  [[nodiscard]] bool has_asked() {
    error_code gone;  // whoever is gone asks nothing
    return connection.socket().available(gone) > 0;
  }
  http::Connection connection;
  const Port port;
  const std::string client;       // its address
  bool idle = true;               // between requests: may be closed at any time
  std::function<void()> on_gone;  // what to stop when the client leaves; empty: nothing
  // For the access line of a request that the end of a drain cuts.
  const Request* request = nullptr;   // under way
  base::TimePoint asked_at{};         // since when
  std::function<Sent()> sent_so_far;  // of a body that is streamed; empty: nothing is sent yet
};

// What one request needs, used again by the next; a client between requests owns none. Here and not
// in the frames of its coroutines, where it would be moved from one to the next.
struct RequestState {
  http::RequestHead head;
  std::string body;                   // of a request that may have one, a token form
  std::optional<oci::PullPath> path;  // of a pull
  routing::Pull pull;                 // its question
  Reply reply;                        // while it is sent
  std::string out;                    // its head
  http::TwoBuffers unsent;            // views of out and of the reply's body
};

// A thread's part of a limit for all; they add up to it.
[[nodiscard]] std::size_t share_of(std::size_t limit, unsigned threads, unsigned thread) noexcept;

class Worker {
 public:
  explicit Worker(Shared& shared_by_all, unsigned thread = 0);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] std::unique_ptr<RequestState> take_state();
  void give_back(std::unique_ptr<RequestState> state);
  // Closes what is idle now; what is busy, or has a request in its socket, closes after its answer.
  // on_drained is called once, when no client of the pull port is left. Own thread only.
  void drain(std::function<void()> on_drained);

  Shared& shared;
  // Sockets are this thread's alone, hence without locks; others post() to it.
  boost::asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  http::Deadlines deadlines{context};
  http::BufferPool buffers;
  RecentTokens recent_tokens;  // passthrough mode
  RequestMetrics metrics;
  http::Pool pool;
  harbor::Client client;
  routing::Resolver resolver;
  boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>> sessions;
  std::string date;  // IMF-fixdate of now, to the second

 private:
  [[nodiscard]] bool drained() const;
  void sweep(base::TimePoint now);
  void update_date();
  std::vector<std::unique_ptr<RequestState>> free_states_;
  std::function<void()> on_drained_;
  http::Deadlines::Check sweeping_;
};

}  // namespace harbor_router::server
