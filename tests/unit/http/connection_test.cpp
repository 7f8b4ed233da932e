// Reads that wait to be told, and reads that try the socket: what each sees of a peer that writes,
// ends, or does both at once.
#include "harbor_router/http/connection.hpp"

#include <array>
#include <string>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include "unit/run.hpp"

using namespace harbor_router;
using namespace harbor_router::http;
using namespace harbor_router::testing;

namespace {

// A connection and the blocking socket at its other end.
struct Pair {
  asio::io_context context{1};
  Deadlines deadlines{context};
  asio::ip::tcp::socket peer{context};
  std::optional<Connection> connection;
  std::array<char, 64> space{};
  BufferPool buffers;
  Buffer buffer;

  Pair() {
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    peer.connect(acceptor.local_endpoint());
    Socket socket(context.get_executor());
    acceptor.accept(socket);
    connection.emplace(std::move(socket), deadlines);
  }

  void peer_sends(const std::string& text) { asio::write(peer, asio::buffer(text)); }
  void peer_ends() { peer.shutdown(asio::ip::tcp::socket::shutdown_send); }
  static std::string text_of(IoResult result, const char* bytes) {
    const auto [error, count] = result;
    if (error == asio::error::eof) return "(end)";
    return error ? error.message() : std::string(bytes, count);
  }
  std::string read_some() {
    return text_of(run(context, connection->read_some(asio::buffer(space))), space.data());
  }
  // What read_next() brought, whose buffer then goes back.
  std::string told(IoResult result) {
    const std::string text = text_of(result, buffer.space().data());
    buffer = Buffer{};
    return text;
  }
  std::string read_next() { return told(run(context, connection->read_next(buffer, buffers))); }
};

}  // namespace

TEST_CASE("each message is told, whether it comes before or after the read begins") {
  Pair pair;
  pair.peer_sends("one");
  CHECK(pair.read_next() == "one");
  Running<IoResult> waiting(pair.context, pair.connection->read_next(pair.buffer, pair.buffers));
  pair.context.poll();
  CHECK_FALSE(waiting.done());
  pair.peer_sends("two");
  CHECK(pair.told(waiting.get()) == "two");
  pair.peer_sends("three");
  CHECK(pair.read_next() == "three");
}

TEST_CASE("who waits owns a buffer only when bytes have come") {
  Pair pair;
  Running<IoResult> waiting(pair.context, pair.connection->read_next(pair.buffer, pair.buffers));
  pair.context.poll();
  CHECK_FALSE(pair.buffer.allocated());
  pair.peer_sends("one");
  CHECK_FALSE(std::get<error_code>(waiting.get()));
  CHECK(pair.buffer.allocated());
  pair.buffer = Buffer{};
  pair.peer_ends();
  CHECK(std::get<error_code>(
            run(pair.context, pair.connection->read_next(pair.buffer, pair.buffers))) ==
        asio::error::eof);
  CHECK_FALSE(pair.buffer.allocated());
}

TEST_CASE("bytes are read behind those that a buffer has") {
  Pair pair;
  pair.buffer = pair.buffers.take();
  pair.peer_sends("one");
  const auto first = run(pair.context, pair.connection->read_next(pair.buffer, pair.buffers));
  pair.buffer.grew(std::get<std::size_t>(first));
  pair.peer_sends("two");
  const auto second = run(pair.context, pair.connection->read_next(pair.buffer, pair.buffers));
  pair.buffer.grew(std::get<std::size_t>(second));
  CHECK(pair.buffer.bytes() == "onetwo");
}

TEST_CASE("a message longer than the space is read on without being told again") {
  Pair pair;
  const std::string filling(BufferPool::block_bytes, 'a');
  pair.peer_sends(filling + "rest");
  CHECK(pair.read_next() == filling);
  CHECK(pair.read_next() == "rest");
}

TEST_CASE("an end that came with the last bytes is seen by a read that tries the socket") {
  Pair pair;
  pair.peer_sends("last");
  pair.peer_ends();
  CHECK(pair.read_next() == "last");
  CHECK(pair.read_some() == "(end)");
}

TEST_CASE("an end that came with the last bytes is seen by who waits until it is readable") {
  Pair pair;
  pair.peer_sends("last");
  pair.peer_ends();
  CHECK(pair.read_next() == "last");
  CHECK_FALSE(std::get<0>(run(pair.context, pair.connection->wait_readable())));
  CHECK(pair.read_some() == "(end)");
}

TEST_CASE("an end that comes later is told") {
  Pair pair;
  pair.peer_sends("last");
  CHECK(pair.read_next() == "last");
  pair.peer_ends();
  CHECK(pair.read_next() == "(end)");
}

TEST_CASE("a peer that is gone is noticed when something was written to it") {
  Pair pair;
  pair.peer_sends("last");
  pair.peer.close();
  CHECK(pair.read_next() == "last");
  const std::string text = "answer";
  TwoBuffers answer{asio::buffer(text), asio::const_buffer()};
  CHECK_FALSE(pair.connection->write_now(answer));
  const std::string told = pair.read_next();
  CHECK((told == "(end)" || told == error_code(asio::error::connection_reset).message()));
}

TEST_CASE("what a full socket does not take at once is left for write, in order") {
  Pair pair;
  const std::string head(4 * 1024, 'h'), body(16 * 1024 * 1024, 'b');
  TwoBuffers buffers{asio::buffer(head), asio::buffer(body)};
  CHECK(pair.connection->write_now(buffers) == asio::error::would_block);
  const std::size_t left = buffers[0].size() + buffers[1].size();
  CHECK(left > 0);
  CHECK(left < head.size() + body.size());
  Running<error_code> writing(pair.context,
                              pair.connection->write(buffers, std::chrono::seconds(60)));
  std::string received(head.size() + body.size(), '\0');
  pair.peer.non_blocking(true);
  for (std::size_t at = 0; at < received.size();) {
    error_code error;
    at += pair.peer.read_some(asio::buffer(received.data() + at, received.size() - at), error);
    if (!error) continue;
    REQUIRE(error == asio::error::would_block);
    pair.context.restart();
    pair.context.run_one();
  }
  CHECK_FALSE(writing.get());
  CHECK(received == head + body);
}

TEST_CASE("a slow reader is waited for as long as he reads, and left when he does not") {
  using namespace std::chrono_literals;
  Pair pair;
  pair.peer.set_option(asio::socket_base::receive_buffer_size(128 * 1024));
  const std::string body(16 * 1024 * 1024, 'b');
  TwoBuffers buffers{asio::buffer(body), {}};
  Running<error_code> writing(pair.context, pair.connection->write(buffers, 60s));
  const auto time_is_over = [&] {
    pair.deadlines.sweep(base::Clock::now() + 61s);
    pair.context.restart();
    while (pair.context.poll() != 0) {
    }
  };
  pair.context.poll();
  std::string received(256 * 1024, '\0');
  // Less than the third of its queue after which the kernel tells of room.
  for (int rounds = 0; rounds < 4; ++rounds) {
    asio::read(pair.peer, asio::buffer(received));
    time_is_over();
    REQUIRE_FALSE(writing.done());
  }
  CHECK(pair.connection->is_open());
  // An acknowledgement that comes late shows that he has read, too.
  for (int i = 0; i < 100 && !writing.done(); ++i) time_is_over();
  REQUIRE(writing.done());
  CHECK(writing.get() == asio::error::timed_out);
  CHECK_FALSE(pair.connection->is_open());
}
