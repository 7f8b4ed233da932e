#include "harbor_router/http/relay.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/splice.hpp"

namespace harbor_router::http {

namespace {

// Below this a pipe costs more system calls than copying does.
constexpr std::uint64_t splice_from_bytes = 128 * 1024;

std::string chunk_size_line(std::size_t size) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  return std::string(digits.data(), end) + "\r\n";
}

}  // namespace

Awaitable<Relayed> relay_body(Exchange& from, Connection& to, std::string head, BodyCoding coding,
                              RelayLimits limits) {
  Relayed relayed;
  for (;;) {
    const auto rest = from.counted_rest();
    if (limits.skip == 0 && coding == BodyCoding::counted && !to.is_tls() &&
        rest.value_or(0) >= splice_from_bytes) {
      const TwoBuffers only_head{asio::const_buffer(head.data(), head.size()), {}};
      relayed.client_failed = co_await to.write(only_head, limits.write_timeout);
      if (relayed.client_failed) co_return relayed;
      head.clear();
      const bool spliced = co_await splice_body(from, to, limits, relayed);
      if (spliced) co_return relayed;
    }
    auto piece = co_await from.read_some(limits.read_timeout);
    if (!piece) {
      relayed.upstream_failed = piece.error();
      relayed.unsent_head = std::move(head);
      co_return relayed;
    }
    if (limits.skip > 0 && !piece->empty()) {
      const auto dropped =
          static_cast<std::size_t>(std::min<std::uint64_t>(limits.skip, piece->size()));
      limits.skip -= dropped;
      *piece = piece->subspan(dropped);
      if (piece->empty()) continue;
    }
    if (coding == BodyCoding::chunked) {
      head += chunk_size_line(piece->size());  // "0\r\n" at the end
      if (piece->empty()) head += "\r\n";
    }
    const TwoBuffers out{asio::const_buffer(head.data(), head.size()),
                         asio::const_buffer(piece->data(), piece->size())};
    relayed.client_failed = co_await to.write(out, limits.write_timeout);
    if (relayed.client_failed) co_return relayed;
    relayed.bytes += piece->size();
    if (piece->empty()) co_return relayed;
    // The line end after this chunk's data goes out before the next size line.
    head = coding == BodyCoding::chunked ? "\r\n" : "";
  }
}

}  // namespace harbor_router::http
