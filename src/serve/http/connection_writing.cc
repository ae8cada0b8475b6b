// The writing half of a connection, and its end.
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "serve/http/connection_exchange.h"

namespace charrnn {
namespace {

namespace asio = boost::asio;

constexpr size_t kMaxDiscarded = 4 << 20;  // bytes read after a refusal, so that it arrives
constexpr size_t kDiscardedAtOnce = 16 << 10;
constexpr double kLingerTime = 2;  // seconds

}  // namespace

void Connection::refuse(const Response& response) {
  guard([&] { send_refusal(response); });
}

void Connection::send_refusal(const Response& response) {
  clear_deadline();
  keep_alive_ = false;
  outbox_ = std::make_shared<Outbox>(host_.limits.stream_queue, [] {});
  ++exchange_;
  ConnectionExchange(parser_ ? parser_->request() : Request(), outbox_, false, host_)
      .respond(response);
  flush();
}

void Connection::flush() {
  if (writing_ || !open_ || !outbox_ || lingering_) return;
  out_ = outbox_->take();
  if (out_.broken) return close();
  hold(out_.bytes.size());
  written_ = 0;
  if (out_.bytes.empty() && out_.lasting.empty()) {
    if (out_.last) finish_exchange();
    return;
  }
  writing_ = replying_ = true;
  part_ = ++host_.parts;
  if (host_.unsent > host_.limits.unsent) host_.make_room();
  if (open_) write_some();
}

void Connection::hold(size_t bytes) noexcept {
  host_.unsent += static_cast<int64_t>(bytes) - static_cast<int64_t>(held_);
  held_ = bytes;
}

void Connection::write_some() {
  const size_t first = out_.bytes.size();
  const asio::const_buffer rest =
      written_ < first ? asio::const_buffer(out_.bytes.data() + written_, first - written_)
                       : asio::const_buffer(out_.lasting.data() + (written_ - first),
                                            out_.lasting.size() - (written_ - first));
  set_deadline(host_.limits.stall_time);
  socket_.async_write_some(rest, [self = shared_from_this()](ErrorCode error, size_t count) {
    if (!self->open_) return;
    self->guard([&] { self->on_written(error, count); });
  });
}

void Connection::on_written(ErrorCode error, size_t count) {
  clear_deadline();
  if (error) return close();
  written_ += count;
  if (written_ < out_.bytes.size() + out_.lasting.size()) return write_some();
  writing_ = false;
  const bool last = out_.last;
  out_ = {};
  hold(0);
  if (last) return finish_exchange();
  flush();
}

void Connection::finish_exchange() {
  outbox_.reset();
  ++exchange_;
  ErrorCode ignored;
  socket_.cancel(ignored);  // the watch
  watch_timer_.cancel();
  if (!keep_alive_) return linger();
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (!self->open_) return;
    self->guard([&] { self->read_first_byte(); });
  });
}

// Closing with unread bytes would reset the connection and might lose the reply, so input is read
// and discarded for a moment.
void Connection::linger() {
  lingering_ = true;
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  input_.resize(kDiscardedAtOnce);
  set_deadline(kLingerTime);
  discard();
}

void Connection::discard() {
  socket_.async_read_some(boost::asio::buffer(input_),
                          [self = shared_from_this()](ErrorCode error, size_t count) {
                            if (!self->open_) return;
                            self->discarded_ += count;
                            if (error || self->discarded_ > kMaxDiscarded) return self->close();
                            self->guard([&] { self->discard(); });
                          });
}

}  // namespace charrnn
