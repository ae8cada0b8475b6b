#include "serve/http/request_parser.h"

// Beast 1.74 asserts wrongly where the last chunk of an empty body arrives byte by byte; it goes on
// correctly.
#define BOOST_DISABLE_ASSERTS

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>

#include "serve/http/api_error.h"

namespace charrnn {
namespace {

namespace http = boost::beast::http;

constexpr size_t kMaxUnread = 64 << 10;  // bytes of one line of a chunked body

std::string in_lower_case(boost::beast::string_view text) {
  std::string result(text.begin(), text.end());
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

[[noreturn]] void refuse_request(int status, const char* why, const char* code) {
  throw ApiError(status, why, "", code);
}

// A body is sent whole or chunked. What else a transfer encoding may say could be read in two ways
// by this server and by a proxy before it.
void check_transfer_encoding(const Request& request) {
  const int count = request.count_headers("transfer-encoding");
  if (count == 0) return;
  if (request.count_headers("content-length") > 0) {
    refuse_request(400, "the body's length is stated in two ways", "bad_length");
  }
  if (!request.is_http_11) {
    refuse_request(400, "HTTP/1.0 knows no Transfer-Encoding", "bad_length");
  }
  std::string encoding(request.header("transfer-encoding"));
  for (char& c : encoding) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (count > 1 || encoding != "chunked") {
    refuse_request(501, "the only Transfer-Encoding understood here is chunked", "bad_encoding");
  }
}

}  // namespace

struct RequestParser::Impl {
  http::request_parser<http::string_body> parser;
};

RequestParser::RequestParser(const HttpLimits& limits)
    : limits_(limits), impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(static_cast<uint32_t>(limits.request_line + limits.headers));
  // The path is not known yet, and with it the limit of this body.
  impl_->parser.body_limit(static_cast<uint64_t>(std::max(limits.body, limits.large_body)));
}

RequestParser::~RequestParser() = default;

RequestParser::State RequestParser::state() const {
  if (!has_head_) return State::kHead;
  return impl_->parser.is_done() ? State::kDone : State::kBody;
}

bool RequestParser::begun() const { return impl_->parser.got_some(); }

size_t RequestParser::body_size() const {
  return std::max(request_.body.size(), impl_->parser.get().body().size());
}

bool RequestParser::keep_alive() const { return impl_->parser.keep_alive(); }

Request& RequestParser::request() { return request_; }

size_t RequestParser::read(std::string_view bytes) {
  if (state() == State::kDone) return 0;
  auto& parser = impl_->parser;
  size_t consumed = 0;
  while (consumed < bytes.size() && !parser.is_done()) {
    const std::string_view rest = bytes.substr(consumed);
    boost::system::error_code error;
    const size_t count = parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    consumed += count;
    if (error == http::error::need_more) {
      if (rest.size() - count > kMaxUnread) {
        refuse_request(400, "a line of the body is too long", "bad_request");
      }
      break;
    }
    if (error && !has_head_) copy_head();  // as far as it was read: the refusal may depend on it
    if (error == http::error::header_limit && !has_head_) {
      // Too long is the request line itself, or what follows it.
      const std::string_view line = rest.substr(0, static_cast<size_t>(limits_.request_line));
      const bool line_ended =
          !parser.get().method_string().empty() || line.find("\r\n") != std::string_view::npos;
      line_ended ? refuse_request(431, "the headers are too long", "headers_too_long")
                 : refuse_request(414, "the request line is too long", "uri_too_long");
    }
    if (error == http::error::body_limit) {
      refuse_request(413, "the body is too long", "body_too_long");
    }
    if (error == http::error::bad_version) {
      refuse_request(505, "HTTP/1.0 and HTTP/1.1 are spoken here", "bad_version");
    }
    if (error && !has_head_) {
      refuse_request(400, "this is not a valid HTTP request", "bad_request");
    }
    if (error) refuse_request(400, "the body is malformed", "bad_request");
    if (parser.is_header_done() && !has_head_) {
      take_head();
      break;
    }
  }
  if (has_head_ && parser.is_done()) request_.body = std::move(parser.get().body());
  return consumed;
}

void RequestParser::copy_head() {
  const auto& message = impl_->parser.get();
  request_.method = std::string(message.method_string());
  request_.is_http_11 = message.version() == 11;
  for (const auto& field : message) {
    request_.headers.emplace_back(in_lower_case(field.name_string()), std::string(field.value()));
  }
}

// Copies the head into the request, and refuses what needs no look at its meaning.
void RequestParser::take_head() {
  auto& parser = impl_->parser;
  const auto& message = parser.get();
  has_head_ = true;
  parser.eager(true);
  copy_head();
  request_.has_length = parser.content_length().has_value() || parser.chunked();
  if (message.version() != 11 && message.version() != 10) {
    refuse_request(505, "HTTP/1.0 and HTTP/1.1 are spoken here", "bad_version");
  }
  const size_t line = message.method_string().size() + message.target().size();
  if (line > static_cast<size_t>(limits_.request_line)) {
    refuse_request(414, "the request line is too long", "uri_too_long");
  }
  if (static_cast<int>(request_.headers.size()) > limits_.header_count) {
    refuse_request(431, "there are too many headers", "headers_too_long");
  }
  check_transfer_encoding(request_);
  if (!parse_target({message.target().data(), message.target().size()}, request_)) {
    refuse_request(400, "the path is malformed", "bad_path");
  }
  limit_body();
}

void RequestParser::limit_body() {
  auto& parser = impl_->parser;
  is_large_ = request_.method == "POST" && !limits_.large_path.empty() &&
              request_.target == limits_.large_path;
  if (is_large_) return;
  const auto limit = static_cast<uint64_t>(limits_.body);
  const auto length = parser.content_length();
  if (length && *length > limit) refuse_request(413, "the body is too long", "body_too_long");
  parser.body_limit(limit);
}

}  // namespace charrnn
