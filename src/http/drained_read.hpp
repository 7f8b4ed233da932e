// A read of a plain socket that takes its buffer when there is something to read, and after which
// Asio knows that the socket is drained.
//
// Who waits for bytes owns no buffer, and a thread that answers one message after the other uses
// the same one for all of them, which stays in the processor's cache.
//
// Asio 1.81 tries every read at once, and right after a request was sent, or an answer, nothing can
// have come yet: one EAGAIN for each message. A read shorter than its space has drained the socket,
// and edge-triggered epoll tells of whatever comes later; Asio has the means to wait for that
// (done_and_exhausted) but uses them at the end of file only. A DrainedRead uses them at every
// short read. The price: an end that came together with the last bytes is not told again, so the
// next read must try the socket first when it may be such an end (Connection::read_some).
#pragma once

#include <new>

#include <boost/asio/buffer.hpp>
#include <boost/asio/detail/reactive_socket_recv_op.hpp>
#include <boost/asio/error.hpp>
#include <boost/version.hpp>

#include "harbor_router/http/buffer.hpp"

namespace harbor_router::http {

struct DrainedRead : boost::asio::mutable_buffer {
  explicit DrainedRead(boost::asio::mutable_buffer space) : mutable_buffer(space) {}
  // Into a buffer that is taken from a pool if need be. For Asio it is one of a byte: none would be
  // a read of nothing, done at once.
  DrainedRead(Buffer& buffer_read_into, BufferPool& taken_from)
      : mutable_buffer(this, 1), into(&buffer_read_into), pool(&taken_from) {}

  [[nodiscard]] bool must_take() const { return into != nullptr && !into->allocated(); }
  [[nodiscard]] boost::asio::mutable_buffer space() const {
    if (into == nullptr) return *this;
    const std::span<char> free = into->space();
    return {free.data(), free.size()};
  }
  Buffer* into = nullptr;
  BufferPool* pool = nullptr;
};

// Of Asio's inside, hence for this version alone; with another one Connection reads in an ordinary
// way.
#if BOOST_VERSION / 100 == 1081 && defined(BOOST_ASIO_HAS_EPOLL)
inline constexpr bool has_drained_read = true;
#else
inline constexpr bool has_drained_read = false;
#endif

}  // namespace harbor_router::http

#if BOOST_VERSION / 100 == 1081 && defined(BOOST_ASIO_HAS_EPOLL)
namespace boost::asio::detail {

template <>
class reactive_socket_recv_op_base<harbor_router::http::DrainedRead> : public reactor_op {
 public:
  reactive_socket_recv_op_base(const boost::system::error_code& success, socket_type socket,
                               socket_ops::state_type state,
                               const harbor_router::http::DrainedRead& read,
                               socket_base::message_flags flags, func_type on_complete)
      : reactor_op(success, &reactive_socket_recv_op_base::do_perform, on_complete),
        socket_(socket),
        state_(state),
        read_(read),
        flags_(flags) {}

  static status do_perform(reactor_op* base) {
    auto* self = static_cast<reactive_socket_recv_op_base*>(base);
    const auto& read = self->read_;
    const bool taken = read.must_take();
    try {
      if (taken) *read.into = read.pool->take();
    } catch (const std::bad_alloc&) {  // this connection's end, not the thread's
      self->ec_ = error::no_memory;
      return done;
    }
    const mutable_buffer space = read.space();
    const bool stream = (self->state_ & socket_ops::stream_oriented) != 0;
    const bool ended =
        socket_ops::non_blocking_recv1(self->socket_, space.data(), space.size(), self->flags_,
                                       stream, self->ec_, self->bytes_transferred_);
    if (taken && (!ended || self->bytes_transferred_ == 0)) *read.into = {};
    if (!ended) return not_done;
    return self->bytes_transferred_ < space.size() ? done_and_exhausted : done;
  }

 private:
  socket_type socket_;
  socket_ops::state_type state_;
  harbor_router::http::DrainedRead read_;
  socket_base::message_flags flags_;
};

}  // namespace boost::asio::detail
#endif
