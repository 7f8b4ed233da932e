// Which bytes of a blob an answer brings, and which of them go on with what a client waits for.
// Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "harbor_router/harbor/upstream.hpp"

namespace harbor_router::server {

// Both ends counted in; what is absent is not known.
struct BlobPart {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
  std::optional<std::uint64_t> total;  // of the blob
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept;
  friend bool operator==(const BlobPart&, const BlobPart&) = default;
};

// What the body of a 200 or 206 is; nullopt: several parts, or nothing.
[[nodiscard]] std::optional<BlobPart> part_in(const harbor::Answer& answer);

// The Range that asks for it. To the blob's end it stays open, as Harbor may then serve it from its
// cache.
[[nodiscard]] std::string range_for(const BlobPart& wanted);

// So much of an answer's body is dropped, and then so much taken; what is taken may be less than
// all that is wanted.
struct Piece {
  static constexpr std::uint64_t to_its_end = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t skip = 0;
  std::uint64_t take = to_its_end;
  BlobPart wanted;  // with the end, where the answer tells it
};
// nullopt: it does not go on where wanted begins, or is of a blob of another size.
[[nodiscard]] std::optional<Piece> piece_of(const BlobPart& wanted, const harbor::Answer& answer);

// What is still wanted once taken bytes have come; nullopt: nothing.
[[nodiscard]] std::optional<BlobPart> rest_of(const BlobPart& wanted, std::uint64_t taken);

}  // namespace harbor_router::server
