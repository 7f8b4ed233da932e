// A read of a plain socket after which Asio knows that the socket is drained.
//
// Asio 1.81 tries every read at once, and right after a request was sent, or an answer, nothing can
// have come yet: one EAGAIN for each message. A read shorter than its space has drained the socket,
// and edge-triggered epoll tells of whatever comes later; Asio has the means to wait for that
// (done_and_exhausted) but uses them at the end of file only. Reads into a DrainedRead use them at
// every short read. The price: an end that came together with the last bytes is not told again, so
// the next read must try the socket first when it may be such an end (Connection::read_some).
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/detail/reactive_socket_recv_op.hpp>
#include <boost/version.hpp>

namespace harbor_router::http {

struct DrainedRead : boost::asio::mutable_buffer {
  explicit DrainedRead(boost::asio::mutable_buffer space) : mutable_buffer(space) {}
};

}  // namespace harbor_router::http

// Of Asio's inside, hence for this version alone: with another one such reads are ordinary ones,
// which is one system call more and nothing else.
#if BOOST_VERSION / 100 == 1081 && defined(BOOST_ASIO_HAS_EPOLL)
namespace boost::asio::detail {

template <>
class reactive_socket_recv_op_base<harbor_router::http::DrainedRead> : public reactor_op {
 public:
  reactive_socket_recv_op_base(const boost::system::error_code& success, socket_type socket,
                               socket_ops::state_type state,
                               const harbor_router::http::DrainedRead& space,
                               socket_base::message_flags flags, func_type on_complete)
      : reactor_op(success, &reactive_socket_recv_op_base::do_perform, on_complete),
        socket_(socket),
        state_(state),
        space_(space),
        flags_(flags) {}

  static status do_perform(reactor_op* base) {
    auto* self = static_cast<reactive_socket_recv_op_base*>(base);
    const bool stream = (self->state_ & socket_ops::stream_oriented) != 0;
    if (!socket_ops::non_blocking_recv1(self->socket_, self->space_.data(), self->space_.size(),
                                        self->flags_, stream, self->ec_, self->bytes_transferred_))
      return not_done;
    return self->bytes_transferred_ < self->space_.size() ? done_and_exhausted : done;
  }

 private:
  socket_type socket_;
  socket_ops::state_type state_;
  harbor_router::http::DrainedRead space_;
  socket_base::message_flags flags_;
};

}  // namespace boost::asio::detail
#endif
