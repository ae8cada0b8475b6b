#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/connections/http_server.h"
#include "serve/http/http.h"
#include "serve/server.h"

namespace charrnn {
namespace {

constexpr int kBody = 600'000;  // bytes
constexpr int kMost = 1'150'000;

// Sends one request, whose body may come in parts.
class Sender {
 public:
  explicit Sender(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience = {60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Sender() { ::close(socket_); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void send_head(const std::string& length) {
    send("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + length + "\r\n\r\n");
  }
  void send_head() { send_head("Content-Length: " + std::to_string(kBody)); }
  void send_body(int bytes) { send(std::string(static_cast<size_t>(bytes), 'a')); }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;  // refused while it was sending
      bytes.remove_prefix(static_cast<size_t>(count));
    }
  }
  std::string reply() {
    std::string all;
    char bytes[4096];
    for (ssize_t count = 0; (count = ::recv(socket_, bytes, sizeof bytes, 0)) > 0;) {
      all.append(bytes, static_cast<size_t>(count));
    }
    return all;
  }

 private:
  int socket_;
};

// Answers with the size of the body, or later where `keeps` is set.
class LargeBodies : public testing::Test {
 protected:
  LargeBodies()
      : server_(
            options(), [](const Request&) { return std::nullopt; },
            [this](const ExchangePtr& exchange) {
              const std::lock_guard lock(mutex_);
              kept_.push_back(exchange);
              if (!keeps_) answer_kept();
            }) {
    server_.start();
  }

  static HttpOptions options() {
    HttpOptions options;
    options.port = 0;
    options.limits.bodies = kMost;
    return options;
  }
  void answer_kept() {
    for (const ExchangePtr& exchange : kept_) {
      Response reply;
      reply.body = std::to_string(exchange->request().body.size());
      exchange->respond(std::move(reply));
    }
    kept_.clear();
  }
  // What the server has received is not seen from outside, but it answers in order.
  void await_server() {
    Sender other(server_.port());
    other.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    other.reply();
  }
  bool await_kept(size_t count) {
    for (int attempt = 0; attempt < 6000; ++attempt) {
      {
        const std::lock_guard lock(mutex_);
        if (kept_.size() == count) return true;
      }
      ::usleep(10'000);
    }
    return false;
  }

  std::mutex mutex_;
  bool keeps_ = false;  // under mutex_, as the next
  std::vector<ExchangePtr> kept_;
  HttpServer server_;
};

bool is_refusal(const std::string& reply) {
  return reply.starts_with("HTTP/1.1 503 ") && reply.find("Retry-After: 1") != reply.npos &&
         reply.find("bodies_full") != reply.npos;
}

TEST_F(LargeBodies, ShareABudgetAndTheSlowestIsToldToComeBack) {
  Sender slow(server_.port()), second(server_.port());
  slow.send_head();
  slow.send_body(kBody - 100'000);
  await_server();
  second.send_head();
  second.send_body(kBody - 100'000);  // there is room for both
  await_server();
  EXPECT_EQ(server_.counts().refused, 0);
  Sender third(server_.port());
  third.send_head();
  third.send_body(kBody);
  EXPECT_TRUE(third.reply().ends_with("600000"));
  EXPECT_TRUE(is_refusal(slow.reply()));
  second.send_body(100'000);
  EXPECT_TRUE(second.reply().ends_with("600000"));
  EXPECT_EQ(server_.counts().refused, 1);
}

TEST_F(LargeBodies, InChunksCountToo) {
  Sender slow(server_.port()), second(server_.port());
  for (Sender* sender : {&slow, &second}) {
    sender->send_head("Transfer-Encoding: chunked");
    sender->send("927c0\r\n");  // 600000
    sender->send_body(kBody);
    await_server();
  }
  EXPECT_TRUE(is_refusal(slow.reply()));
  second.send("\r\n0\r\n\r\n");
  EXPECT_TRUE(second.reply().ends_with("600000"));
}

TEST_F(LargeBodies, CountUntilTheyAreAnswered) {
  keeps_ = true;
  Sender first(server_.port()), second(server_.port());
  first.send_head();
  first.send_body(kBody);
  ASSERT_TRUE(await_kept(1));
  second.send_head();
  second.send_body(kBody);
  EXPECT_TRUE(is_refusal(second.reply())) << "nothing but its own body can make room";
  {
    const std::lock_guard lock(mutex_);
    answer_kept();
    keeps_ = false;
  }
  EXPECT_TRUE(first.reply().ends_with("600000"));
  for (int i = 0; i < 5; ++i) {  // what was answered or refused counts no more
    Sender next(server_.port());
    next.send_head();
    next.send_body(kBody);
    EXPECT_TRUE(next.reply().ends_with("600000"));
  }
}

TEST(LimitsWithTexts, LetTwoOfTheLongestInAtOnce) {
  for (const int max_text : {1024, 16 << 20, 1 << 28}) {
    TrainingRules rules;
    rules.why_not.clear();
    rules.max_text = max_text;
    const HttpLimits limits = limits_with_texts({}, rules);
    EXPECT_GT(limits.large_body, 2 * max_text);
    EXPECT_GE(limits.bodies, 2 * int64_t{limits.large_body}) << max_text;
    EXPECT_GE(limits.bodies, HttpLimits().bodies);
  }
}

TEST(LimitsWithTexts, AreThoseOfOthersWhereNoneMayBeStarted) {
  TrainingRules rules;
  rules.why_not = "not here";
  EXPECT_EQ(limits_with_texts({}, rules).large_path, "");
  EXPECT_EQ(limits_with_texts({}, rules).bodies, HttpLimits().bodies);
}

}  // namespace
}  // namespace charrnn
