#include "serve/http/request_parser.h"

#include <gtest/gtest.h>

#include "serve/http/api_error.h"

namespace charrnn {
namespace {

using State = RequestParser::State;

// Feeds the bytes in pieces of this size, as a connection does.
State feed(RequestParser& parser, std::string_view bytes, size_t piece,
           std::string* rest = nullptr) {
  std::string input;
  for (size_t begin = 0; begin < bytes.size(); begin += piece) {
    input += bytes.substr(begin, piece);
    size_t count = 1;
    while (count > 0 && !input.empty()) {
      count = parser.read(input);
      input.erase(0, count);
    }
  }
  if (rest) *rest = input;
  return parser.state();
}

// The status that the bytes are refused with, however they arrive; 0 where they are a request.
int status_of(const std::string& bytes, const HttpLimits& limits = {}) {
  int first = -1;
  for (const size_t piece : {size_t(1), size_t(7), bytes.size()}) {
    RequestParser parser(limits);
    int status = 0;
    try {
      EXPECT_EQ(feed(parser, bytes, piece), State::kDone) << bytes;
    } catch (const ApiError& error) {
      status = error.status;
    }
    if (first < 0) first = status;
    EXPECT_EQ(status, first) << bytes << " in pieces of " << piece;
  }
  return first;
}

// A refusal is told to the page that asked only where its origin is known.
TEST(RequestParser, KnowsTheHeadersOfABodyThatIsTooLong) {
  HttpLimits limits;
  limits.body = 10;
  RequestParser parser(limits);
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\nContent-Length: 11\r\n\r\n";
  EXPECT_THROW(feed(parser, bytes, bytes.size()), ApiError);
  EXPECT_EQ(parser.request().method, "POST");
  EXPECT_EQ(parser.request().header("origin"), "http://a");
}

TEST(RequestParser, TakesALargerBodyAtOnePathAlone) {
  HttpLimits limits;
  limits.body = 10;
  limits.large_path = "/texts";
  limits.large_body = 20;
  const auto post = [](const std::string& path, size_t length) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
           "\r\n\r\n" + std::string(length, 'x');
  };
  const auto chunked = [](const std::string& path, size_t chunks) {
    std::string bytes =
        "POST " + path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (size_t i = 0; i < chunks; ++i) bytes += "5\r\nxxxxx\r\n";
    return bytes + "0\r\n\r\n";
  };
  EXPECT_EQ(status_of(post("/texts", 20), limits), 0);
  EXPECT_EQ(status_of(post("/texts", 21), limits), 413);
  EXPECT_EQ(status_of(chunked("/texts", 4), limits), 0);
  EXPECT_EQ(status_of(chunked("/texts", 5), limits), 413);
  for (const char* path : {"/", "/texts/a", "/text", "/texts?x=1"}) {
    EXPECT_EQ(status_of(post(path, 10), limits), 0) << path;
    EXPECT_EQ(status_of(post(path, 11), limits), 413) << path;
    EXPECT_EQ(status_of(chunked(path, 2), limits), 0) << path;
    EXPECT_EQ(status_of(chunked(path, 3), limits), 413) << path;
  }
}

TEST(RequestParser, ReadsARequestInPiecesOfAnySize) {
  const std::string bytes =
      "POST /v1/a%20b?x=1&y=+2 HTTP/1.1\r\nHost: localhost\r\nX-Case: Kept\r\n"
      "Content-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    const HttpLimits limits;
    RequestParser parser(limits);
    std::string rest;
    ASSERT_EQ(feed(parser, bytes, piece, &rest), State::kDone) << piece;
    const Request& request = parser.request();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, (std::vector<std::string>{"v1", "a b"}));
    EXPECT_EQ(request.query_value("y"), " 2");
    EXPECT_EQ(request.header("x-case"), "Kept");
    EXPECT_EQ(request.body, "hello");
    EXPECT_TRUE(request.has_length);
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_EQ(rest, "GET / HTTP/1.1\r\n") << "what follows is another request's";
  }
}

TEST(RequestParser, StopsBehindTheHead) {
  const HttpLimits limits;
  RequestParser parser(limits);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(parser.state(), State::kHead);
  EXPECT_EQ(parser.read(head + "ok"), head.size());
  EXPECT_EQ(parser.state(), State::kBody);
  EXPECT_EQ(parser.request().header("host"), "a");
  EXPECT_EQ(parser.read("ok"), 2u);
  EXPECT_EQ(parser.state(), State::kDone);
}

TEST(RequestParser, ReadsChunks) {
  const HttpLimits limits;
  RequestParser parser(limits);
  EXPECT_EQ(feed(parser,
                 "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                 "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                 3),
            State::kDone);
  EXPECT_EQ(parser.request().body, "abcde");
  EXPECT_TRUE(parser.request().has_length);
}

TEST(RequestParser, RefusesWhatIsNoRequest) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  EXPECT_EQ(status_of("\x16\x03\x01\r\n\r\n"), 400) << "TLS";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /%0 HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 505);
}

TEST(RequestParser, UnderstandsOnlyChunkedAsATransferEncoding) {
  const auto with = [](const std::string& version, const std::string& headers) {
    return status_of("POST / HTTP/" + version + "\r\nHost: a\r\n" + headers + "\r\n0\r\n\r\n");
  };
  EXPECT_EQ(with("1.1", "Transfer-Encoding: chunked\r\n"), 0);
  EXPECT_EQ(with("1.1", "Transfer-Encoding: gzip, chunked\r\n"), 501);
  EXPECT_EQ(with("1.1", "Transfer-Encoding: gzip\r\n"), 501);
  EXPECT_EQ(with("1.1", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 501);
  EXPECT_EQ(with("1.0", "Transfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(with("1.1", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
  EXPECT_EQ(with("1.1", "Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
}

TEST(RequestParser, KeepsToTheLimits) {
  HttpLimits limits;
  limits.request_line = 100, limits.headers = 200, limits.header_count = 5, limits.body = 10;
  const std::string host = " HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(status_of("GET /" + std::string(80, 'a') + host + "\r\n", limits), 0);
  EXPECT_EQ(status_of("GET /" + std::string(110, 'a') + host + "\r\n", limits), 414);
  EXPECT_EQ(status_of("GET /" + std::string(1000, 'a') + host + "\r\n", limits), 414);
  EXPECT_EQ(status_of("GET /" + host + "X: " + std::string(1000, 'a') + "\r\n\r\n", limits), 431);
  EXPECT_EQ(status_of("GET /" + host + "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n\r\n", limits),
            431);
  EXPECT_EQ(status_of("POST /" + host + "Content-Length: 10\r\n\r\n0123456789", limits), 0);
  EXPECT_EQ(status_of("POST /" + host + "Content-Length: 11\r\n\r\n0123456789a", limits), 413);
  EXPECT_EQ(
      status_of("POST /" + host + "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n",
                limits),
      413);
}

TEST(RequestTarget, MayNameTheHost) {
  Request request;
  request.headers = {{"host", "other.example"}};
  ASSERT_TRUE(parse_target("http://localhost:8080/v1/models?a=b", request));
  EXPECT_EQ(request.header("host"), "localhost:8080");
  EXPECT_EQ(request.path, (std::vector<std::string>{"v1", "models"}));
  EXPECT_EQ(request.query_value("a"), "b");
  Request bare;
  ASSERT_TRUE(parse_target("HTTP://localhost", bare));
  EXPECT_EQ(bare.path, std::vector<std::string>{""});
  for (const char* target :
       {"", "v1/models", "ftp://localhost/", "http:///x", "http://a@b/", "*"}) {
    Request other;
    other.method = "GET";
    EXPECT_FALSE(parse_target(target, other)) << target;
  }
}

}  // namespace
}  // namespace charrnn
