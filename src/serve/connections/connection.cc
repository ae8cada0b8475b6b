#include "serve/connections/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cctype>
#include <chrono>
#include <utility>

#include "serve/connections/connection_exchange.h"
#include "serve/http/api_error.h"

namespace charrnn {
namespace {

namespace asio = boost::asio;

constexpr size_t kReadAtOnce = 16 << 10;  // bytes
constexpr auto kLookInterval = std::chrono::milliseconds(300);
constexpr size_t kMaxDiscarded = 4 << 20;  // bytes read after a refusal, so that it arrives
constexpr size_t kDiscardedAtOnce = 16 << 10;
constexpr double kLingerTime = 2;  // seconds

std::chrono::steady_clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

ApiError no_room_for_body() {
  return unavailable("too much is being received at once; try again", "bodies_full");
}

bool is_100_continue(std::string_view expectation) {
  constexpr std::string_view kExpected = "100-continue";
  return std::equal(
      expectation.begin(), expectation.end(), kExpected.begin(), kExpected.end(),
      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

}  // namespace

Connection::Connection(Socket socket, std::string address, ConnectionHost& host)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      watch_timer_(socket_.get_executor()),
      address_(std::move(address)),
      host_(host) {}

void Connection::start() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  guard([this] { read_head(); });
}

void Connection::close() noexcept {
  if (!open_) return;
  open_ = false;
  clear_deadline();
  hold(0);
  release_large_body();
  hold_body(0);
  host_.receiving.erase(body_number_);
  ErrorCode ignored;
  socket_.close(ignored);
  if (outbox_) outbox_->set_gone();
  host_.closed(this);
}

void Connection::set_deadline(double seconds) {
  deadline_ = ++last_deadline_;
  timed_out_ = false;
  timer_.expires_after(duration_of(seconds));
  timer_.async_wait([self = shared_from_this(), number = deadline_](ErrorCode error) {
    if (error || self->deadline_ != number || !self->open_) return;
    self->timed_out_ = true;
    ErrorCode ignored;
    self->socket_.cancel(ignored);
  });
}

void Connection::clear_deadline() {
  deadline_ = 0;
  timer_.cancel();
}

// Between requests the idle timeout applies; once a request begins, the header timeout.
void Connection::read_first_byte() {
  if (host_.draining) return close();
  if (!input_.empty()) return read_head();
  set_deadline(host_.limits.idle_time);
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](ErrorCode error) {
    if (!self->open_) return;
    if (error) return self->close();
    self->guard([&] { self->read_head(); });
  });
}

void Connection::read_head() {
  set_deadline(host_.limits.header_time);
  parser_.emplace(host_.limits);
  input_.empty() ? read_more() : parse();
}

void Connection::read_more() {
  const size_t begin = input_.size();
  input_.resize(begin + kReadAtOnce);
  socket_.async_read_some(asio::buffer(input_.data() + begin, kReadAtOnce),
                          [self = shared_from_this(), begin](ErrorCode error, size_t count) {
                            self->input_.resize(begin + count);
                            if (!self->open_) return;
                            self->guard([&] { self->on_read(error); });
                          });
}

void Connection::on_read(ErrorCode error) {
  if (shed_) return refuse(error_response(no_room_for_body()));
  if (!error) return parse();
  clear_deadline();
  const bool has_begun = parser_->begun() || !input_.empty();
  if (error == asio::error::operation_aborted && timed_out_ && has_begun) {
    return refuse(error_response(
        ApiError(408, reading_body_ ? "the body took too long" : "the request took too long", "",
                 "timeout")));
  }
  if (error == asio::error::eof && reading_body_) {
    return refuse(
        error_response(ApiError(400, "the body is shorter than stated", "", "bad_length")));
  }
  close();
}

// Goes as far as what was received allows.
void Connection::parse() {
  try {
    if (!reading_body_) {
      input_.erase(0, parser_->read(input_));
      if (parser_->state() == RequestParser::State::kHead) return read_more();
      if (!check_head()) return;
      begin_body();
    }
    input_.erase(0, parser_->read(input_));
    hold_body(parser_->body_size());
    make_room_for_bodies();
    if (shed_) throw no_room_for_body();
    if (parser_->state() == RequestParser::State::kBody) return read_more();
  } catch (const ApiError& error) {
    return refuse(error_response(error));
  }
  clear_deadline();
  reading_body_ = false;
  host_.receiving.erase(body_number_);
  request_ = std::move(parser_->request());
  request_.address = address_;
  parser_.reset();
  if (input_.empty()) input_.shrink_to_fit();  // an idle stream keeps no buffer
  dispatch();
}

// What is refused before the body is read. False: the refusal is sent.
bool Connection::check_head() {
  const Request& head = parser_->request();
  keep_alive_ = parser_->keep_alive() && !host_.draining;
  if (const auto refusal = host_.check(head)) {
    refuse(*refusal);
    return false;
  }
  const std::string_view expectation = head.header("expect");
  if (!expectation.empty() && !is_100_continue(expectation)) {
    throw ApiError(417, "this expectation cannot be met", "", "bad_expectation");
  }
  return true;
}

void Connection::begin_body() {
  if (parser_->is_large()) claim_large_body();
  reading_body_ = true;
  set_deadline(host_.limits.body_time);
  const Request& head = parser_->request();
  const bool is_missing = parser_->state() == RequestParser::State::kBody;
  body_number_ = ++host_.bodies_begun;
  if (is_missing) host_.receiving.emplace(body_number_, this);
  if (!head.header("expect").empty() && head.is_http_11 && is_missing) send_continue();
}

// Large bodies take memory from their first byte to their reply: few are let in at once.
void Connection::claim_large_body() {
  if (host_.large_bodies >= host_.limits.large_bodies) {
    throw unavailable("too many texts are being sent; try again", "too_many_bodies");
  }
  ++host_.large_bodies;
  is_large_ = true;
}

void Connection::release_large_body() noexcept {
  if (is_large_) --host_.large_bodies;
  is_large_ = false;
}

void Connection::hold_body(size_t bytes) noexcept {
  host_.bodies += static_cast<int64_t>(bytes) - static_cast<int64_t>(body_held_);
  body_held_ = bytes;
}

// Whose body has taken longest goes first, so that slow clients keep nobody else out.
void Connection::make_room_for_bodies() {
  while (host_.bodies > host_.limits.bodies && !host_.receiving.empty()) {
    host_.receiving.begin()->second->shed();
  }
}

// Its refusal is sent once its read, if one is under way, has ended.
void Connection::shed() {
  host_.receiving.erase(body_number_);
  hold_body(0);
  shed_ = true;
  ++host_.counts.refused;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

// An interim reply. It is so short that a socket which is not full takes it whole; to a client that
// reads nothing it is lost.
void Connection::send_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  ::send(socket_.native_handle(), kContinue.data(), kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Connection::dispatch() {
  ++host_.counts.requests;
  outbox_ = std::make_shared<Outbox>(host_.limits.stream_queue, [self = weak_from_this()] {
    const auto connection = self.lock();
    if (!connection) return;
    try {
      asio::post(connection->socket_.get_executor(), [connection] { connection->send_waiting(); });
    } catch (const std::bad_alloc&) {
      connection->host_.missed = true;
    }
  });
  const uint64_t number = ++exchange_;
  replying_ = half_closed_ = probed_ = false;
  is_http_11_ = request_.is_http_11;
  host_.handler(
      std::make_shared<ConnectionExchange>(std::move(request_), outbox_, keep_alive_, host_));
  if (open_ && number == exchange_ && outbox_ && !outbox_->finished()) watch();
}

// While a reply is produced, its client may leave. A reset is seen as such. The end of what the
// client sends may mean that it has left or that it waits for the reply: only sending tells.
void Connection::watch() {
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this(), number = exchange_](ErrorCode error) {
                       if (error || !self->open_ || number != self->exchange_) return;
                       self->guard([&] { self->look(); });
                     });
}

// From the first byte or end behind the request on: at intervals, since the socket stays readable.
void Connection::look() {
  if (!outbox_ || outbox_->finished()) return;
  pollfd state = {socket_.native_handle(), POLLRDHUP, 0};
  ::poll(&state, 1, 0);
  if ((state.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return close();
  const bool ended = (state.revents & POLLRDHUP) != 0;
  if (ended && std::exchange(half_closed_, true) && !std::exchange(probed_, true)) probe();
  watch_timer_.expires_after(kLookInterval);
  watch_timer_.async_wait([self = shared_from_this(), number = exchange_](ErrorCode error) {
    if (error || !self->open_ || number != self->exchange_) return;
    self->guard([&] { self->look(); });
  });
}

// A client that has left answers what it is sent with a reset. Before the reply begins that is an
// interim reply, which HTTP/1.0 does not have; later whatever its stream allows.
void Connection::probe() {
  if (replying_) return outbox_->probe();
  if (is_http_11_) send_continue();
}

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
  host_.receiving.erase(body_number_);
  parser_.reset();  // and what it holds of a body
  hold_body(0);
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
  hold_body(0);
  ++exchange_;
  release_large_body();
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
