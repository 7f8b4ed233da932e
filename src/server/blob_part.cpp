#include "server/blob_part.hpp"

#include <algorithm>

#include "harbor_router/oci/range.hpp"

namespace harbor_router::server {

std::optional<std::uint64_t> BlobPart::length() const noexcept {
  if (!last) return std::nullopt;
  return *last - first + 1;
}

std::optional<BlobPart> part_in(const harbor::Answer& answer) {
  if (answer.status == 206) {
    const auto range = oci::parse_content_range(answer.content_range);
    if (!range) return std::nullopt;
    return BlobPart{.first = range->first, .last = range->last, .total = range->total};
  }
  if (answer.status != 200 || answer.length == 0) return std::nullopt;
  if (!answer.length) return BlobPart{};
  return BlobPart{.first = 0, .last = *answer.length - 1, .total = answer.length};
}

std::string range_for(const BlobPart& wanted) {
  std::string range = "bytes=" + std::to_string(wanted.first) + "-";
  const bool to_the_end = !wanted.last || (wanted.total && *wanted.last + 1 == *wanted.total);
  return to_the_end ? range : range + std::to_string(*wanted.last);
}

std::optional<Piece> piece_of(const BlobPart& wanted, const harbor::Answer& answer) {
  // Only the blob's end was missing, not a byte of it.
  const bool has_all = answer.status == 416 && !wanted.last && wanted.first > 0 &&
                       oci::parse_unsatisfied_range(answer.content_range) == wanted.first;
  if (has_all)
    return Piece{
        .take = 0,
        .wanted = {.first = wanted.first, .last = wanted.first - 1, .total = wanted.first}};
  const auto given = part_in(answer);
  if (!given) return std::nullopt;
  if (given->total && wanted.total && *given->total != *wanted.total) return std::nullopt;
  // Harbor ignores Range for what it has not cached: the whole blob comes again.
  const bool again = answer.status == 200 && given->first == 0;
  if (!again && given->first != wanted.first) return std::nullopt;
  Piece piece{.skip = wanted.first - given->first, .wanted = wanted};
  if (given->total) {
    piece.wanted.total = given->total;
    if (!wanted.last) piece.wanted.last = *given->total - 1;
  }
  if (given->last && *given->last < wanted.first) return std::nullopt;
  // Where a part ends is no word on where the blob does.
  if (given->last && !piece.wanted.last) return std::nullopt;
  if (!piece.wanted.last) return piece;
  const std::uint64_t last = std::min(given->last.value_or(*piece.wanted.last), *piece.wanted.last);
  piece.take = last - wanted.first + 1;
  return piece;
}

std::optional<BlobPart> rest_of(const BlobPart& wanted, std::uint64_t taken) {
  if (wanted.last && taken > *wanted.last - wanted.first) return std::nullopt;
  return BlobPart{.first = wanted.first + taken, .last = wanted.last, .total = wanted.total};
}

}  // namespace harbor_router::server
