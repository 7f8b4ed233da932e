#include "harbor_router/http/exchange.hpp"

#include <algorithm>

namespace harbor_router::http {

using base::Errc;
using base::failure;

Exchange::~Exchange() {
  release();
}

void Exchange::release() {
  if (lease_ && complete_ && head_.keep_alive && head_buffer_.empty() && stream_buffer_.empty())
    lease_.give_back();
  lease_.drop();
}

void Exchange::abort() noexcept {
  aborted_ = true;
  if (lease_) lease_->close();
}

base::Failure Exchange::io_failure(error_code error) const {
  if (aborted_) return failure(Errc::cancelled, "given up");
  if (lease_ && lease_->deadline.expired()) return failure(Errc::timeout, "no answer in time");
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return failure(Errc::closed, "Harbor closed the connection before its answer was whole");
  return failure(Errc::closed, error.message());
}

void Exchange::end() {
  release();
  head_buffer_ = Buffer{};
  stream_buffer_ = Buffer{};
  whole_ = std::string{};
  aborted_ = false;
}

// Sends and reads in one coroutine: every request pays for it.
Awaitable<base::Result<void>> Exchange::start(std::string_view request, RequestMethod method,
                                              base::TimePoint deadline) {
  release();  // a second request waits for its turn like any other
  for (Reuse reuse = Reuse::allowed;; reuse = Reuse::never) {
    complete_ = answered_ = false;
    stream_buffer_ = Buffer{};
    if (reuse == Reuse::allowed) lease_ = pool_.take_idle();
    if (!lease_) {
      auto leased = co_await pool_.acquire(reuse, deadline);
      if (!leased) co_return leased.error();
      lease_ = std::move(*leased);
    }
    if (aborted_) co_return failure(Errc::cancelled, "given up");
    lease_->deadline.set(deadline);
    TwoBuffers out{asio::const_buffer(request.data(), request.size()), asio::const_buffer()};
    error_code error = lease_->write_now(out);
    if (error == asio::error::would_block) {
      error = co_await lease_->write(
          out, std::max(deadline - base::Clock::now(), base::Duration::zero()));
      if (!error) lease_->deadline.set(deadline);
    }
    head_buffer_.clear();
    bool found_dead = false;
    while (!error) {
      auto has_come = head_has_come(method);
      if (!has_come) {
        lease_.drop();
        co_return has_come.error();
      }
      // What stands in front of Harbor closes an idle connection in these words, and they were
      // written before our request (RFC 9110 section 15.5.9).
      found_dead = *has_come && lease_.reused() && head_.status == 408;
      if (found_dead) break;
      if (*has_come) {
        lease_->deadline.clear();  // who reads the body sets its own
        co_return base::Result<void>{};
      }
      IoResult read;
      if (answered_) {
        const std::span<char> space = head_buffer_.space();
        read = co_await lease_->read_some(asio::mutable_buffer(space.data(), space.size()));
      } else {
        read = co_await lease_->read_next(head_buffer_, buffers_);
      }
      error = std::get<error_code>(read);
      if (error) break;
      answered_ = true;
      head_buffer_.grew(std::get<std::size_t>(read));
    }
    base::Failure fault = io_failure(error);
    found_dead = found_dead || (lease_.reused() && !answered_ && fault.code == Errc::closed);
    lease_.drop();
    if (!found_dead) co_return fault;
  }
}

base::Result<bool> Exchange::head_has_come(RequestMethod method) {
  while (const std::size_t size = head_size(head_buffer_.bytes())) {
    auto parsed = parse_response_head(head_buffer_.bytes().substr(0, size), method, head_);
    if (!parsed) return parsed.error();
    head_buffer_.consume(size);
    if (head_.status == 101) return failure(Errc::protocol, "101 to a plain request");
    if (head_.status / 100 == 1) continue;
    chunked_ = ChunkedDecoder{};
    left_ = head_.content_length;
    complete_ = head_.framing == Framing::none;
    return true;
  }
  const bool full = head_buffer_.allocated() && head_buffer_.space().empty();
  if (head_buffer_.bytes().size() >= max_head_bytes || full)
    return failure(Errc::protocol, "answer's head over 32 KiB");
  return false;
}

std::optional<std::string_view> Exchange::body_at_hand() noexcept {
  if (complete_) return std::string_view{};
  if (head_.framing != Framing::length || left_ > head_buffer_.bytes().size()) return std::nullopt;
  const std::string_view body = head_buffer_.bytes().substr(0, static_cast<std::size_t>(left_));
  head_buffer_.consume(body.size());
  left_ = 0;
  complete_ = true;
  return body;
}

Awaitable<base::Result<std::size_t>> Exchange::fill(Buffer& into) {
  const std::span<char> space = into.space();
  auto [error, count] =
      co_await lease_->read_some(asio::mutable_buffer(space.data(), space.size()));
  if (error == asio::error::eof && head_.framing == Framing::until_close && !aborted_ &&
      !lease_->deadline.expired()) {
    complete_ = true;
    co_return std::size_t{0};
  }
  if (error) co_return io_failure(error);
  into.grew(count);
  co_return count;
}

base::Result<std::span<const char>> Exchange::take_decoded(Buffer& from) {
  const std::span<char> bytes = from.filled();
  if (head_.framing == Framing::chunked) {
    const ChunkedDecoder::Step step = chunked_.decode(bytes);
    if (step.bad) return failure(Errc::protocol, "bad chunked coding");
    complete_ = chunked_.done();
    from.consume(step.consumed);
    return std::span<const char>(bytes.data(), step.produced);
  }
  std::size_t count = bytes.size();
  if (head_.framing == Framing::length) {
    count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, count));
    left_ -= count;
    complete_ = left_ == 0;
  }
  from.consume(count);
  return std::span<const char>(bytes.data(), count);
}

Awaitable<base::Result<std::span<const char>>> Exchange::read_some(
    std::chrono::nanoseconds progress_timeout) {
  for (;;) {
    if (complete_) co_return std::span<const char>{};
    Buffer& from = !head_buffer_.empty() ? head_buffer_ : stream_buffer_;
    if (!from.empty()) {
      auto piece = take_decoded(from);
      if (!piece || !piece->empty()) co_return piece;
      continue;
    }
    if (!stream_buffer_.allocated()) stream_buffer_ = BufferPool::take_for_stream();
    stream_buffer_.clear();
    lease_->deadline.set_after(progress_timeout);
    auto filled = co_await fill(stream_buffer_);
    if (!filled) co_return filled.error();
    lease_->deadline.clear();
  }
}

Awaitable<base::Result<std::string_view>> Exchange::read_all(std::size_t limit,
                                                             base::TimePoint deadline) {
  if (complete_) co_return std::string_view{};
  lease_->deadline.set(deadline);
  if (head_.framing == Framing::length) {
    if (left_ > limit)
      co_return failure(Errc::too_large, "answer of " + std::to_string(left_) + " bytes");
    const auto length = static_cast<std::size_t>(left_);
    if (length <= head_buffer_.bytes().size() + head_buffer_.space().size()) {
      while (head_buffer_.bytes().size() < length) {
        auto filled = co_await fill(head_buffer_);
        if (!filled) co_return filled.error();
      }
      co_return *body_at_hand();
    }
    whole_.reserve(length);
  }
  whole_.clear();
  for (;;) {
    const auto left = std::max(deadline - base::Clock::now(), base::Duration::zero());
    auto piece = co_await read_some(left);
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return std::string_view(whole_);
    if (whole_.size() + piece->size() > limit)
      co_return failure(Errc::too_large, "answer over " + std::to_string(limit) + " bytes");
    whole_.append(piece->data(), piece->size());
  }
}

std::optional<std::uint64_t> Exchange::counted_rest() const noexcept {
  if (head_.framing != Framing::length || lease_->is_tls() || !head_buffer_.empty() ||
      !stream_buffer_.empty())
    return std::nullopt;
  return left_;
}

void Exchange::moved(std::uint64_t count) noexcept {
  left_ -= count;
  complete_ = left_ == 0;
}

}  // namespace harbor_router::http
