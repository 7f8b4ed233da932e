#include "server/blob_part.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace harbor_router;
using namespace harbor_router::server;

namespace {

harbor::Answer whole(std::optional<std::uint64_t> length) {
  return {.status = 200, .length = length};
}

harbor::Answer part(const std::string& content_range) {
  return {.status = 206, .content_range = content_range};
}

const BlobPart of_100{.first = 0, .last = 99, .total = 100};
// What is wanted of it once 40 bytes have come, and of a blob of unknown size.
const BlobPart rest{.first = 40, .last = 99, .total = 100};
const BlobPart rest_unknown{.first = 40};

}  // namespace

TEST_CASE("an answer brings the whole blob, a part of it, or what nobody goes on with") {
  CHECK(part_in(whole(100)) == of_100);
  CHECK(part_in(whole(std::nullopt)) == BlobPart{});
  CHECK(part_in(part("bytes 40-99/100")) == rest);
  CHECK(part_in(part("bytes 40-99/*")) == BlobPart{.first = 40, .last = 99});
  CHECK_FALSE(part_in(whole(0)));
  CHECK_FALSE(part_in(part("")));  // several
  CHECK_FALSE(part_in({.status = 404}));
}

TEST_CASE("the range asked for is open where it goes to the blob's end") {
  CHECK(range_for(rest) == "bytes=40-");
  CHECK(range_for(rest_unknown) == "bytes=40-");
  CHECK(range_for({.first = 40, .last = 59, .total = 100}) == "bytes=40-59");
  CHECK(range_for({.first = 40, .last = 59}) == "bytes=40-59");
}

TEST_CASE("what goes on with a blob is taken, after what the client has") {
  const auto given = piece_of(rest, part("bytes 40-99/100"));
  REQUIRE(given);
  CHECK(given->skip == 0);
  CHECK(given->take == 60);
  const auto again = piece_of(rest, whole(100));
  REQUIRE(again);
  CHECK(again->skip == 40);
  CHECK(again->take == 60);
  const auto uncounted = piece_of(rest, whole(std::nullopt));
  REQUIRE(uncounted);
  CHECK(uncounted->skip == 40);
  CHECK(uncounted->take == 60);
}

TEST_CASE("of a part that ends early what there is is taken, of a longer one what is wanted") {
  CHECK(piece_of(rest, part("bytes 40-59/100"))->take == 20);
  const BlobPart closed{.first = 40, .last = 59, .total = 100};
  CHECK(piece_of(closed, part("bytes 40-99/100"))->take == 20);
  const auto again = piece_of(closed, whole(100));
  REQUIRE(again);
  CHECK(again->skip == 40);
  CHECK(again->take == 20);
}

TEST_CASE("what begins elsewhere or is of another size goes on with nothing") {
  for (const char* range :
       {"bytes 30-99/100", "bytes 41-99/100", "bytes 40-99/200", "bytes 0-99/100", ""}) {
    CAPTURE(range);
    CHECK_FALSE(piece_of(rest, part(range)));
  }
  CHECK_FALSE(piece_of(rest, whole(101)));
  CHECK_FALSE(piece_of(rest, whole(0)));
  CHECK_FALSE(piece_of(rest, {.status = 416, .content_range = "bytes */40"}));
  CHECK(piece_of(rest, part("bytes 40-99/*")));
}

TEST_CASE("a blob of unknown size goes on with what tells its size, or comes again whole") {
  const auto told = piece_of(rest_unknown, part("bytes 40-59/100"));
  REQUIRE(told);
  CHECK(told->take == 20);
  CHECK(told->wanted == rest);
  const auto counted = piece_of(rest_unknown, whole(100));
  REQUIRE(counted);
  CHECK(counted->skip == 40);
  CHECK(counted->take == 60);
  CHECK(counted->wanted == rest);
  const auto again = piece_of(rest_unknown, whole(std::nullopt));
  REQUIRE(again);
  CHECK(again->skip == 40);
  CHECK(again->take == Piece::to_its_end);
  CHECK_FALSE(piece_of(rest_unknown, part("bytes 40-59/*")));
  CHECK_FALSE(piece_of(rest_unknown, whole(40)));
}

TEST_CASE("a blob of unknown size that has no more bytes was whole") {
  const auto all = piece_of(rest_unknown, {.status = 416, .content_range = "bytes */40"});
  REQUIRE(all);
  CHECK(all->take == 0);
  CHECK_FALSE(rest_of({.first = 0, .last = all->wanted.last, .total = 40}, 40));
  CHECK_FALSE(piece_of(rest_unknown, {.status = 416, .content_range = "bytes */41"}));
  CHECK_FALSE(piece_of(rest_unknown, {.status = 416}));
  CHECK_FALSE(piece_of({}, {.status = 416, .content_range = "bytes */0"}));
}

TEST_CASE("what is wanted shrinks by what has come") {
  CHECK(rest_of(of_100, 40) == rest);
  CHECK(rest_of(of_100, 99) == BlobPart{.first = 99, .last = 99, .total = 100});
  CHECK_FALSE(rest_of(of_100, 100));
  CHECK(rest_of({}, 40) == rest_unknown);
}
