#include "harbor_router/http/buffer.hpp"

#include <algorithm>
#include <string_view>

#include <doctest/doctest.h>

using namespace harbor_router::http;

namespace {

void fill(Buffer& buffer, std::string_view text) {
  std::copy(text.begin(), text.end(), buffer.space().begin());
  buffer.grew(text.size());
}

}  // namespace

TEST_CASE("a buffer is filled at its end and used up at its front") {
  BufferPool pool;
  Buffer buffer = pool.take();
  CHECK(buffer.empty());
  CHECK(buffer.space().size() == BufferPool::block_bytes);
  fill(buffer, "GET / HTTP/1.1");
  buffer.consume(4);
  CHECK(buffer.bytes() == "/ HTTP/1.1");
  CHECK(buffer.space().size() == BufferPool::block_bytes - 14);
  buffer.compact();
  CHECK(buffer.bytes() == "/ HTTP/1.1");
  CHECK(buffer.space().size() == BufferPool::block_bytes - 10);
  buffer.compact();
  CHECK(buffer.bytes() == "/ HTTP/1.1");
  buffer.clear();
  CHECK(buffer.empty());
  CHECK(buffer.space().size() == BufferPool::block_bytes);
}

TEST_CASE("a buffer given back is the next one taken, and comes empty") {
  BufferPool pool;
  const char* block = nullptr;
  {
    Buffer buffer = pool.take();
    fill(buffer, "secret");
    block = buffer.bytes().data();
  }
  Buffer again = pool.take();
  CHECK(again.space().data() == block);
  CHECK(again.empty());
  CHECK(pool.take().space().data() != block);
}

TEST_CASE("moving a buffer leaves nothing behind and returns what was overwritten") {
  BufferPool pool;
  Buffer nothing;
  CHECK_FALSE(nothing.allocated());
  CHECK(nothing.empty());
  Buffer from = pool.take();
  fill(from, "bytes");
  Buffer to = pool.take();
  const char* overwritten = to.space().data();
  to = std::move(from);
  CHECK(to.bytes() == "bytes");
  CHECK_FALSE(from.allocated());  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(from.empty());
  CHECK(pool.take().space().data() == overwritten);
  to = Buffer{};
  CHECK_FALSE(to.allocated());
}

TEST_CASE("a buffer for streams is large and not pooled") {
  BufferPool pool;
  {
    Buffer stream = BufferPool::take_for_stream();
    CHECK(stream.space().size() == 256 * 1024);
  }
  CHECK(pool.take().space().size() == BufferPool::block_bytes);
}
