#include "stub/delivery.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace harbor_router::stub {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t chunk_size = 64 * 1024;

std::string head_of(const Delivery& delivery) {
  const Answer& answer = delivery.answer;
  const auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(answer.status));
  std::string head = fmt::format(
      "HTTP/1.1 {} {}\r\nServer: nginx\r\nDate: {:%a, %d %b %Y %T GMT}\r\n", answer.status,
      std::string_view(reason.data(), reason.size()), fmt::gmtime(std::time(nullptr)));
  for (const auto& [name, value] : answer.headers) {
    head += fmt::format("{}: {}\r\n", name, value);
  }
  if (answer.status != 304) {
    std::uint64_t length = delivery.length;
    if (const auto* wrong = std::get_if<fault::WrongLength>(&delivery.fault.then)) {
      length += static_cast<std::uint64_t>(wrong->difference);
    }
    head += fmt::format("Content-Length: {}\r\n", length);
  }
  return head += "Connection: keep-alive\r\n\r\n";
}

// The bytes of the body from the start, whatever they come from.
class BodyReader {
 public:
  explicit BodyReader(Delivery& delivery) : delivery_(delivery) {}

  asio::awaitable<std::size_t> read(std::span<char> out) {
    if (delivery_.body) {
      const std::size_t length = co_await delivery_.body->read(out);
      co_return length;
    }
    std::size_t done = 0;
    auto& pieces = delivery_.answer.body;
    while (done < out.size() && piece_ < pieces.size()) {
      Piece& piece = pieces[piece_];
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - done, piece.length));
      piece.content->read(piece.offset, out.subspan(done, length));
      piece.offset += length;
      piece.length -= length;
      done += length;
      if (piece.length == 0) ++piece_;
    }
    co_return done;
  }

 private:
  Delivery& delivery_;
  std::size_t piece_ = 0;
};

struct Spoiling {
  std::uint64_t cut_after = UINT64_MAX;
  std::size_t chunk = chunk_size;
  std::chrono::milliseconds interval{0};
  bool last_byte_changed = false;
  bool closes = false;
};

Spoiling spoiling(const Fault& fault) {
  Spoiling result;
  if (const auto* cut = std::get_if<fault::Cut>(&fault.then)) {
    result.cut_after = cut->after_bytes;
    result.closes = true;
  } else if (const auto* drip = std::get_if<fault::SlowDrip>(&fault.then)) {
    result.chunk = std::clamp<std::size_t>(drip->chunk, 1, chunk_size);
    result.interval = drip->interval;
  } else if (std::holds_alternative<fault::WrongBytes>(fault.then)) {
    result.last_byte_changed = true;
  } else if (std::holds_alternative<fault::WrongLength>(fault.then)) {
    result.closes = true;
  }
  return result;
}

}  // namespace

asio::awaitable<bool> deliver(tcp::socket& socket, Delivery delivery, Progress& progress) {
  const Spoiling spoilt = spoiling(delivery.fault);
  std::string head = head_of(delivery);
  const bool has_body =
      delivery.method != "HEAD" && delivery.answer.status != 304 && delivery.length > 0;
  const std::uint64_t to_send = has_body ? std::min(delivery.length, spoilt.cut_after) : 0;
  BodyReader body(delivery);
  asio::steady_timer timer(socket.get_executor());
  std::vector<char> chunk(
      static_cast<std::size_t>(std::min<std::uint64_t>({spoilt.chunk, to_send, chunk_size})));
  do {
    std::size_t length = 0;
    if (progress.body_bytes < to_send) {
      const auto wanted = static_cast<std::size_t>(
          std::min<std::uint64_t>(chunk.size(), to_send - progress.body_bytes));
      length = co_await body.read(std::span(chunk).first(wanted));
      if (length == 0) co_return false;  // the backend broke off
    }
    if (spoilt.last_byte_changed && length > 0 && progress.body_bytes + length == delivery.length) {
      chunk[length - 1] = static_cast<char>(chunk[length - 1] ^ 0x20);
    }
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head),
                                                    asio::buffer(chunk.data(), length)};
    auto [error, written] =
        co_await asio::async_write(socket, buffers, asio::as_tuple(asio::use_awaitable));
    if (error) co_return false;
    head.clear();
    progress.body_bytes += length;
    if (spoilt.interval.count() > 0 && progress.body_bytes < to_send) {
      timer.expires_after(spoilt.interval);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  } while (progress.body_bytes < to_send);
  co_return !spoilt.closes;
}

}  // namespace harbor_router::stub
