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

Awaitable<> relay_body(Exchange& from, Connection& to, BodyCoding coding, RelayLimits limits,
                       Relayed& relayed) {
  relayed.upstream_failed.reset();
  while (limits.take > 0) {
    const std::uint64_t rest = std::min(from.counted_rest().value_or(0), limits.take);
    if (limits.skip == 0 && coding == BodyCoding::counted && !to.is_tls() &&
        rest >= splice_from_bytes) {
      const bool spliced = co_await splice_body(from, to, limits, relayed);
      if (spliced) co_return;
    }
    auto piece = co_await from.read_some(limits.read_timeout);
    if (!piece) {
      relayed.upstream_failed = piece.error();
      co_return;
    }
    if (piece->empty()) {
      if (limits.skip > 0 || limits.take != RelayLimits::to_its_end)
        relayed.upstream_failed =
            base::failure(base::Errc::closed, "Harbor's answer ended before its last byte");
      co_return;
    }
    if (limits.skip > 0) {
      const auto dropped =
          static_cast<std::size_t>(std::min<std::uint64_t>(limits.skip, piece->size()));
      limits.skip -= dropped;
      *piece = piece->subspan(dropped);
      if (piece->empty()) continue;
    }
    if (piece->size() > limits.take) *piece = piece->first(static_cast<std::size_t>(limits.take));
    if (coding == BodyCoding::chunked) relayed.unsent += chunk_size_line(piece->size());
    const TwoBuffers out{asio::const_buffer(relayed.unsent.data(), relayed.unsent.size()),
                         asio::const_buffer(piece->data(), piece->size())};
    relayed.client_failed = co_await to.write(out, limits.write_timeout);
    if (relayed.client_failed) co_return;
    relayed.bytes += piece->size();
    if (limits.take != RelayLimits::to_its_end) limits.take -= piece->size();
    // The line end after this chunk's data goes out before the next size line.
    relayed.unsent = coding == BodyCoding::chunked ? "\r\n" : "";
  }
}

Awaitable<> end_body(Connection& to, BodyCoding coding, std::chrono::nanoseconds write_timeout,
                     Relayed& relayed) {
  if (coding == BodyCoding::chunked) relayed.unsent += "0\r\n\r\n";
  if (relayed.unsent.empty()) co_return;
  const TwoBuffers out{asio::const_buffer(relayed.unsent.data(), relayed.unsent.size()), {}};
  relayed.client_failed = co_await to.write(out, write_timeout);
  relayed.unsent.clear();
}

}  // namespace harbor_router::http
