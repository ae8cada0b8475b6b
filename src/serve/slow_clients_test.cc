#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "serve/connections/http_server.h"
#include "serve/http/http.h"

namespace charrnn {
namespace {

constexpr size_t kReply = 16 << 20;  // bytes: more than the buffers of two sockets take

class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience = {60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int buffer = 4096;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::send(socket_, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    read(1);  // the reply has begun
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Up to `most` bytes; fewer at the end of the connection.
  void read(size_t most) {
    std::vector<char> bytes(64 << 10);
    while (received_ < most) {
      const size_t wanted = std::min(bytes.size(), most - received_);
      const ssize_t count = ::recv(socket_, bytes.data(), wanted, 0);
      if (count <= 0) return;
      received_ += static_cast<size_t>(count);
    }
  }
  size_t read_all() {
    read(SIZE_MAX);
    return received_;
  }

 private:
  int socket_;
  size_t received_ = 0;
};

TEST(HttpServer, DropsTheSlowestClientsWhereRepliesWouldTakeTooMuchMemory) {
  HttpOptions options;
  options.port = 0;
  options.limits.unsent = 5 * kReply / 2;
  HttpServer server(
      options, [](const Request&) { return std::nullopt; },
      [](const ExchangePtr& exchange) {
        Response reply;
        reply.body.assign(kReply, 'a');
        exchange->respond(std::move(reply));
      });
  server.start();
  Client first(server.port()), second(server.port());
  EXPECT_EQ(server.counts().refused, 0);
  Client third(server.port());
  EXPECT_EQ(server.counts().refused, 1);
  EXPECT_LT(first.read_all(), kReply);
  EXPECT_GT(second.read_all(), kReply);
  EXPECT_GT(third.read_all(), kReply);
  Client fourth(server.port()), fifth(server.port());  // what was sent or dropped counts no more
  EXPECT_EQ(server.counts().refused, 1);
}

}  // namespace
}  // namespace charrnn
