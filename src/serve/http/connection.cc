#include "serve/http/connection.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cctype>
#include <chrono>

#include "serve/http/api_error.h"
#include "serve/http/connection_exchange.h"

namespace charrnn {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

std::chrono::steady_clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

std::string lower_case(boost::beast::string_view text) {
  std::string result(text.begin(), text.end());
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

Connection::Connection(Socket socket, std::string address, ConnectionHost& host)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      address_(std::move(address)),
      host_(host),
      buffer_(64 << 10) {}

void Connection::start() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  read_head();
}

void Connection::close() {
  if (!open_) return;
  open_ = false;
  clear_deadline();
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
  if (buffer_.size() > 0) return read_head();
  set_deadline(host_.limits.idle_time);
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](ErrorCode error) {
    if (!self->open_) return;
    if (error) return self->close();
    self->read_head();
  });
}

void Connection::read_head() {
  set_deadline(host_.limits.header_time);
  parser_ = std::make_unique<Parser>();
  parser_->header_limit(host_.limits.request_line + host_.limits.headers);
  parser_->body_limit(host_.limits.body);
  http::async_read_header(socket_, buffer_, *parser_,
                          [self = shared_from_this()](ErrorCode error, size_t) {
                            if (self->open_) self->on_head(error);
                          });
}

void Connection::on_head(ErrorCode error) {
  clear_deadline();
  request_ = {};
  request_.address = address_;
  const auto refuse = [this](int status, const char* why, const char* code) {
    reply_and_close(error_response(ApiError(status, why, "", code)));
  };
  if (error == asio::error::operation_aborted && timed_out_) {
    return buffer_.size() == 0 && !parser_->got_some()
               ? close()
               : refuse(408, "the request took too long", "timeout");
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return close();
  if (error == http::error::header_limit) {
    const boost::beast::string_view sent(static_cast<const char*>(buffer_.data().data()),
                                         buffer_.size());
    const bool line_ended =
        parser_->get().method_string().size() > 0 ||
        sent.substr(0, host_.limits.request_line).find("\r\n") != boost::beast::string_view::npos;
    return line_ended ? refuse(431, "the headers are too long", "headers_too_long")
                      : refuse(414, "the request line is too long", "uri_too_long");
  }
  if (error == http::error::body_limit) {
    return refuse(413, "the body is too long", "body_too_long");
  }
  if (error && error.category() != http::make_error_code(http::error::end_of_stream).category()) {
    return close();  // the network's
  }
  if (error) return refuse(400, "this is not a valid HTTP request", "bad_request");
  if (check_head()) read_body();
}

// Everything that can be refused before the body is read.
bool Connection::check_head() {
  const auto& message = parser_->get();
  const auto refuse = [this](int status, const char* why, const char* code) {
    reply_and_close(error_response(ApiError(status, why, "", code)));
    return false;
  };
  request_.method = message.method_string().to_string();
  request_.is_http_11 = message.version() == 11;
  keep_alive_ = parser_->keep_alive() && !host_.draining;
  for (const auto& field : message) {
    request_.headers.emplace_back(lower_case(field.name_string()), field.value().to_string());
  }
  request_.has_length = parser_->content_length().has_value() || parser_->chunked();
  if (message.version() != 11 && message.version() != 10) {
    return refuse(505, "HTTP/1.0 and HTTP/1.1 are spoken here", "bad_version");
  }
  const size_t line = message.method_string().size() + message.target().size();
  if (line > static_cast<size_t>(host_.limits.request_line)) {
    return refuse(414, "the request line is too long", "uri_too_long");
  }
  if (static_cast<int>(request_.headers.size()) > host_.limits.header_count) {
    return refuse(431, "there are too many headers", "headers_too_long");
  }
  if (!request_.header("transfer-encoding").empty() &&
      (!parser_->chunked() || request_.count_headers("content-length") > 0)) {
    return refuse(400, "the body's length is stated in two ways", "bad_length");
  }
  if (!parse_target({message.target().data(), message.target().size()}, request_)) {
    return refuse(400, "the path is malformed", "bad_path");
  }
  if (const auto refusal = host_.check(request_)) {
    reply_and_close(*refusal);
    return false;
  }
  const std::string expect = lower_case(message[http::field::expect]);
  if (!expect.empty() && expect != "100-continue") {
    return refuse(417, "this expectation cannot be met", "bad_expectation");
  }
  return true;
}

void Connection::read_body() {
  reading_body_ = true;
  set_deadline(host_.limits.body_time);
  if (!request_.header("expect").empty() && request_.is_http_11 && !parser_->is_done()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = shared_from_this()](ErrorCode, size_t) {});
  }
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](ErrorCode error, size_t) {
                     if (self->open_) self->on_body(error);
                   });
}

void Connection::on_body(ErrorCode error) {
  clear_deadline();
  reading_body_ = false;
  const auto refuse = [this](int status, const char* why, const char* code) {
    reply_and_close(error_response(ApiError(status, why, "", code)));
  };
  if (error == asio::error::operation_aborted && timed_out_) {
    return refuse(408, "the body took too long", "timeout");
  }
  if (error == http::error::body_limit) {
    return refuse(413, "the body is too long", "body_too_long");
  }
  if (error == http::error::partial_message) {
    return refuse(400, "the body is shorter than stated", "bad_length");
  }
  if (error && error.category() != http::make_error_code(http::error::end_of_stream).category()) {
    return close();
  }
  if (error) return refuse(400, "the body is malformed", "bad_request");
  request_.body = std::move(parser_->get().body());
  parser_.reset();
  if (buffer_.size() == 0) buffer_.shrink_to_fit();  // an idle stream keeps no buffer
  dispatch();
}

void Connection::dispatch() {
  ++host_.counts.requests;
  outbox_ = std::make_shared<Outbox>(host_.limits.stream_queue, [self = weak_from_this()] {
    const auto connection = self.lock();
    if (!connection) return;
    asio::post(connection->socket_.get_executor(), [connection] { connection->flush(); });
  });
  const uint64_t number = ++exchange_;
  host_.handler(std::make_shared<ConnectionExchange>(std::move(request_), outbox_, keep_alive_,
                                                     host_.counts));
  if (open_ && number == exchange_ && outbox_ && !outbox_->finished()) watch();
}

// While a reply is produced, a disconnect is detected by FIN or RST. (A FIN behind a pipelined
// request is only noticed when writing fails.)
void Connection::watch() {
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this(), number = exchange_](ErrorCode error) {
                       if (error || !self->open_ || number != self->exchange_) return;
                       if (self->outbox_ && !self->outbox_->finished()) self->on_readable();
                     });
}

void Connection::on_readable() {
  char byte;
  const ssize_t count =
      ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count > 0) return;
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return watch();
  close();
}

}  // namespace charrnn
